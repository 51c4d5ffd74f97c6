#include "core/health/instance_health.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using namespace std::chrono_literals;

LogRule fatal(HealthAction action) {
  return {.name = "fatal", .condition = MustNotAppear{.pattern = "FATAL"}, .action = action};
}
LogRule listening() {
  return {.name = "listening",
          .condition = MustAppear{.pattern = "listening", .within = 30s},
          .action = HealthAction::kRestart};
}

/// A container that has just started, whose log is read as it is written.
struct Scene {
  /// Its memory grows from nothing to the limit of 60 minutes.
  HealthVerdict leak(Duration duration) {
    for (const MonoTime end = now + duration; now < end;) {
      now += 5s;
      grown += 5s;
      health.on_usage(ContainerUsage{.memory_bytes = static_cast<std::uint64_t>(grown / 1s) * 1000,
                                     .memory_limit_bytes = 3600 * 1000},
                      now);
      tend();
    }
    return tend();
  }

  explicit Scene(InstanceSpec with) : spec(std::move(with)) { start(); }

  void start() {
    health.on_started(now, now, prng);
    health.on_healthcheck(ImageHealth::kNone, "", now);
    health.on_reading(LogReading::kCaughtUp, now);
  }
  void write(const std::string& line) {
    LogLines lines{.from_stdout = {.count = 1, .age = {}}};
    lines.matched.push_back({.rule = 0, .age = {}, .text = line});
    health.on_lines(lines, now);
  }
  HealthVerdict tend() {
    health.check_invariants();
    InstanceHealth copy(spec, health.save());
    Prng twin = prng;
    HealthVerdict verdict = health.tend(now, prng);
    EXPECT_EQ(copy.tend(now, twin), verdict);
    return verdict;
  }
  HealthVerdict pass(Duration duration) {
    now += duration;
    return tend();
  }

  InstanceSpec spec;
  MonoTime now{1h};
  Prng prng{7};
  InstanceHealth health{spec, now};
  Duration grown{};
};

TEST(InstanceHealth, WithoutARuleAnInstanceIsReadyOnceItHasRunForAWhile) {
  Scene scene({.min_ready = 10s});
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  EXPECT_EQ(scene.health.next_deadline(scene.now), scene.now + 10s);
  EXPECT_EQ(scene.pass(10s - 1ns).health, Health::kStarting);
  EXPECT_EQ(scene.pass(1ns), (HealthVerdict{.health = Health::kReady}));
}

TEST(InstanceHealth, ALineThatMustAppearIsWhatMakesItReady) {
  Scene scene({.log_rules = {listening()}, .min_ready = 10s});
  EXPECT_EQ(scene.pass(20s).health, Health::kStarting);
  EXPECT_THAT(scene.tend().reason, HasSubstr("its log does not say yet"));
  scene.write("listening on 80");
  EXPECT_EQ(scene.tend().health, Health::kReady);
}

TEST(InstanceHealth, WhatIsNotReadyInTimeIsDegradedAndReplaced) {
  InstanceSpec spec{.log_rules = {listening()}, .ready_deadline = 1min};
  spec.log_rules.front().action = HealthAction::kEvent;
  Scene scene(spec);
  const HealthVerdict late = scene.pass(1min);
  EXPECT_EQ(late.health, Health::kDegraded);
  EXPECT_TRUE(late.must_be_replaced);
  EXPECT_THAT(late.reason, HasSubstr("it is not ready in time"));
  scene.write("listening on 80");
  EXPECT_EQ(scene.tend().health, Health::kReady) << "late is better than never";
}

TEST(InstanceHealth, EachActionOfARuleHasItsEffect) {
  const auto verdict_of = [](HealthAction action) {
    Scene scene({.log_rules = {fatal(action)}, .min_ready = 0s});
    scene.write("FATAL no sensor");
    EXPECT_THAT(scene.health.take_noticed(), ElementsAre(HasSubstr("FATAL no sensor")));
    EXPECT_THAT(scene.health.take_noticed(), IsEmpty());
    return scene.tend();
  };
  EXPECT_EQ(verdict_of(HealthAction::kEvent), (HealthVerdict{.health = Health::kReady}));
  const HealthVerdict marked = verdict_of(HealthAction::kMark);
  EXPECT_EQ(marked.health, Health::kDegraded);
  EXPECT_FALSE(marked.must_be_replaced);
  const HealthVerdict restarted = verdict_of(HealthAction::kRestart);
  EXPECT_THAT(restarted.restart, HasSubstr("rule 'fatal'"));
  const HealthVerdict replaced = verdict_of(HealthAction::kReplace);
  EXPECT_EQ(replaced.health, Health::kDegraded);
  EXPECT_TRUE(replaced.must_be_replaced);
  EXPECT_THAT(replaced.restart, IsEmpty());
}

TEST(InstanceHealth, WhatMustNotRunTwiceIsRestartedInsteadOfReplaced) {
  Scene scene({.replace = ReplaceOrder::kStopFirst,
               .log_rules = {fatal(HealthAction::kReplace)},
               .min_ready = 0s});
  scene.write("FATAL no sensor");
  const HealthVerdict verdict = scene.tend();
  EXPECT_FALSE(verdict.must_be_replaced);
  EXPECT_THAT(verdict.restart, HasSubstr("rule 'fatal'"));
}

/// Answers the check that is due.
void answer(Scene& scene, ProbeOutcome outcome) {
  for (const DueCheck& due : scene.health.take_checks()) {
    scene.health.on_answer({due.probe, due.number, {outcome, "was refused"}}, scene.now);
  }
}
Probe probe(std::uint32_t failures) {
  return {.check = TcpCheck{.port = 80}, .period = 1s, .timeout = 1s, .failures = failures};
}

TEST(InstanceHealth, AReadinessProbeSaysWhetherItIsReadyAndWhenItMustBeReplaced) {
  Scene scene({.probes = {.readiness = probe(2)}, .min_ready = 0s});
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  scene.pass(2s);
  answer(scene, ProbeOutcome::kSucceeded);
  EXPECT_EQ(scene.tend().health, Health::kReady);
  for (int i = 0; i < 2; ++i) {
    scene.pass(2s);
    answer(scene, ProbeOutcome::kFailed);
  }
  const HealthVerdict verdict = scene.tend();
  EXPECT_EQ(verdict.health, Health::kDegraded);
  EXPECT_TRUE(verdict.must_be_replaced);
  EXPECT_THAT(verdict.reason, HasSubstr("readiness"));
  EXPECT_EQ(verdict.restart, "");
}

TEST(InstanceHealth, ALivenessProbeThatFailsForGoodRestartsIt) {
  Scene scene({.probes = {.liveness = probe(1)}, .min_ready = 0s});
  scene.pass(2s);
  answer(scene, ProbeOutcome::kFailed);
  EXPECT_THAT(scene.tend().restart, HasSubstr("liveness"));
  EXPECT_THAT(scene.health.take_noticed(), ElementsAre(HasSubstr("liveness")));
  (void)scene.tend();
  EXPECT_THAT(scene.health.take_noticed(), IsEmpty()) << "once";
}

TEST(InstanceHealth, WaitsForWhatTheImageSaysOfItself) {
  Scene scene({.min_ready = 0s});
  scene.health.on_started(scene.now, scene.now, scene.prng);
  EXPECT_EQ(scene.tend().health, Health::kStarting) << "whether it has a HEALTHCHECK is not known";
  scene.health.on_healthcheck(ImageHealth::kStarting, "", scene.now);
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  scene.health.on_healthcheck(ImageHealth::kHealthy, "", scene.now);
  EXPECT_EQ(scene.tend().health, Health::kReady);
}

TEST(InstanceHealth, AFreshContainerBeginsWell) {
  Scene scene({.log_rules = {fatal(HealthAction::kRestart)}, .min_ready = 10s});
  scene.write("FATAL no sensor");
  EXPECT_THAT(scene.tend().restart, HasSubstr("fatal"));
  scene.health.on_stopped(scene.now);
  scene.now += 1s;
  scene.start();
  EXPECT_EQ(scene.tend().restart, "");
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  scene.write("FATAL no sensor");
  EXPECT_EQ(scene.tend().restart, "") << "held off, also in the next container";
}

InstanceSpec with_memory_trend(HealthAction action) {
  return {.trends = {{.of = TrendOf::kMemory, .action = action}}};
}

TEST(InstanceHealth, AGrowingMemoryIsAnEventUnlessTheFileSaysOtherwise) {
  Scene scene({});
  const HealthVerdict verdict = scene.leak(55min);
  EXPECT_EQ(verdict, (HealthVerdict{.health = Health::kReady}));
  EXPECT_THAT(scene.health.take_noticed(), ElementsAre(HasSubstr("memory grows")));
  ASSERT_TRUE(scene.health.trends().memory_full_in(scene.now));
}

TEST(InstanceHealth, AGrowingMemoryActsLikeALogRule) {
  Scene marked(with_memory_trend(HealthAction::kMark));
  HealthVerdict verdict = marked.leak(55min);
  EXPECT_EQ(verdict.health, Health::kDegraded);
  EXPECT_THAT(verdict.reason, HasSubstr("memory grows"));
  EXPECT_FALSE(verdict.must_be_replaced);

  Scene replaced(with_memory_trend(HealthAction::kReplace));
  verdict = replaced.leak(55min);
  EXPECT_EQ(verdict.health, Health::kDegraded);
  EXPECT_TRUE(verdict.must_be_replaced);

  Scene restarted(with_memory_trend(HealthAction::kRestart));
  EXPECT_THAT(restarted.leak(55min).restart, HasSubstr("memory grows"));

  InstanceSpec stop_first = with_memory_trend(HealthAction::kReplace);
  stop_first.replace = ReplaceOrder::kStopFirst;
  Scene alone(stop_first);
  verdict = alone.leak(55min);
  EXPECT_THAT(verdict.restart, HasSubstr("memory grows"));
  EXPECT_FALSE(verdict.must_be_replaced);
}

TEST(InstanceHealth, AFreshContainerHasNoTrendYet) {
  Scene scene(with_memory_trend(HealthAction::kMark));
  scene.leak(55min);
  scene.health.on_stopped(scene.now);
  scene.start();
  EXPECT_EQ(scene.pass(1h).health, Health::kReady);
}

}  // namespace
}  // namespace hearth::core
