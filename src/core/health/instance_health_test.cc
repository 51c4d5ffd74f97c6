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

Probe probe(std::uint32_t failures) {
  return {.check = TcpCheck{.port = 80}, .period = 1s, .timeout = 1s, .failures = failures};
}

/// A container that has just started, whose log is read as it is written.
struct Scene {
  /// Its memory grows from nothing to the limit of 60 minutes.
  HealthVerdict leak(Duration duration) {
    for (const MonoTime end = now + duration; now < end;) {
      now += 5s;
      grown += 5s;
      health.on(
          UsageSampled{
              .usage = ContainerUsage{.memory_bytes = static_cast<std::uint64_t>(grown / 1s) * 1000,
                                      .memory_limit_bytes = 3600 * 1000}},
          now);
      tend();
    }
    return tend();
  }

  explicit Scene(InstanceSpec with) : spec(std::move(with)) { start(); }

  void start() {
    health.on_started(now, now, prng);
    report(ImageHealth::kNone);
    health.on(LogReaderChanged{.reading = LogReading::kCaughtUp}, now);
  }
  void report(ImageHealth image) { health.on(HealthcheckReported{.health = image}, now); }
  void write(const std::string& line) {
    LogLines lines{.from_stdout = {.count = 1, .age = {}}};
    lines.matched.push_back({.rule = 0, .age = {}, .text = line});
    health.on(
        LogRead{.lines = lines, .cursor = {.standard_output = {.stamp = ++stamp, .lines = 1}}},
        now);
  }
  /// Its last verdict, once what it rests on is stored.
  HealthVerdict tend() {
    (void)tend_once();
    if (!disk_works || health.unsaved() != Unsaved::kDecision) return tend_once();
    stored = {};
    health.take_memory(stored);
    health.on_stored();
    return tend_once();
  }
  HealthVerdict tend_once() {
    health.check_invariants();
    InstanceHealth copy(spec, health.save());
    Prng twin = prng;
    HealthVerdict verdict = health.tend(now, prng);
    EXPECT_EQ(copy.tend(now, twin), verdict);
    for (WatchAction& watch : health.take_watches(container, instance(), now)) {
      if (auto* check = std::get_if<RunCheck>(&watch)) checks.push_back(std::move(check->due));
    }
    return verdict;
  }
  AssignedInstance instance() const {
    const WorkloadName app = *WorkloadName::parse("app");
    return {.id = make_instance_id(app, 1), .workload = app, .spec = spec};
  }
  /// Answers the checks that are due.
  void answer(ProbeOutcome outcome) {
    for (const DueCheck& due : std::exchange(checks, {})) {
      health.on(CheckDone{.answer = {due.probe, due.number, {outcome, "was refused"}}}, now);
    }
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
  std::vector<DueCheck> checks;
  ContainerId container{"c1"};
  std::int64_t stamp = 0;
  bool disk_works = true;
  InstanceMemory stored;  ///< On the disk.
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

// Goal: an agent that starts again does not find late what it has not looked at yet. Method: a
// container that has run for longer than the deadline is seen for the first time.
TEST(InstanceHealth, ALateLookDoesNotMakeItLate) {
  InstanceSpec spec{.probes = {.readiness = probe(2)}, .ready_deadline = 1min};
  Scene scene(spec);
  scene.health.on_started(scene.now - 10min, scene.now, scene.prng);
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  EXPECT_EQ(scene.pass(1min - 1ns).health, Health::kStarting);
  EXPECT_EQ(scene.pass(1ns).health, Health::kDegraded);
}

// Goal: time in which nobody could see whether it is ready does not count against it. Method: each
// kind of it in turn, for longer than the deadline.
TEST(InstanceHealth, IsNotLateWhileItCannotBeSeenToBeReady) {
  InstanceSpec spec{.log_rules = {listening()}, .ready_deadline = 1min};
  spec.log_rules.front().action = HealthAction::kEvent;
  Scene scene(spec);
  scene.pass(50s);
  scene.health.on_node({.is_runtime_usable = false}, scene.now);
  EXPECT_EQ(scene.pass(5min).health, Health::kStarting);
  scene.health.on_node({}, scene.now);
  scene.health.on(LogReaderChanged{.reading = LogReading::kReconnecting}, scene.now);
  EXPECT_EQ(scene.pass(5min).health, Health::kStarting);
  scene.health.on(LogReaderChanged{.reading = LogReading::kCaughtUp}, scene.now);
  scene.now += 5min;
  scene.health.on_stall(5min, scene.now);
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  EXPECT_EQ(scene.health.next_deadline(scene.now), scene.now + 10s);
  EXPECT_EQ(scene.pass(10s).health, Health::kDegraded);
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

TEST(InstanceHealth, AReadinessProbeSaysWhetherItIsReadyAndWhenItMustBeReplaced) {
  Scene scene({.probes = {.readiness = probe(2)}, .min_ready = 0s});
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  scene.pass(2s);
  scene.answer(ProbeOutcome::kSucceeded);
  EXPECT_EQ(scene.tend().health, Health::kReady);
  for (int i = 0; i < 2; ++i) {
    scene.pass(2s);
    scene.answer(ProbeOutcome::kFailed);
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
  scene.answer(ProbeOutcome::kFailed);
  EXPECT_THAT(scene.tend().restart, HasSubstr("liveness"));
  EXPECT_THAT(scene.health.take_noticed(), ElementsAre(HasSubstr("liveness")));
  (void)scene.tend();
  EXPECT_THAT(scene.health.take_noticed(), IsEmpty()) << "once";
}

TEST(InstanceHealth, WaitsForWhatTheImageSaysOfItself) {
  Scene scene({.min_ready = 0s});
  scene.health.on_started(scene.now, scene.now, scene.prng);
  EXPECT_EQ(scene.tend().health, Health::kStarting) << "whether it has a HEALTHCHECK is not known";
  scene.report(ImageHealth::kStarting);
  EXPECT_EQ(scene.tend().health, Health::kStarting);
  scene.report(ImageHealth::kHealthy);
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

// Persist, then act. ------------------------------------------------------------------------------

TEST(InstanceHealth, NothingFollowsFromARuleBeforeItsFiringIsStored) {
  Scene scene({.log_rules = {fatal(HealthAction::kRestart)}, .min_ready = 0s});
  scene.tend();
  scene.disk_works = false;
  scene.write("FATAL no sensor");
  EXPECT_EQ(scene.tend(), (HealthVerdict{.health = Health::kReady}));
  EXPECT_EQ(scene.health.unsaved(), Unsaved::kDecision);
  scene.health.take_memory(scene.stored);
  EXPECT_THAT(scene.stored.pending.restart, HasSubstr("FATAL no sensor"));
  EXPECT_EQ(scene.stored.rules.rules[0].last->at, scene.now);
  EXPECT_EQ(scene.stored.cursor.standard_output.stamp, 1);
  EXPECT_EQ(scene.tend().restart, "");
  scene.health.on_stored();
  EXPECT_THAT(scene.tend().restart, HasSubstr("FATAL no sensor"));
}

TEST(InstanceHealth, ADiskThatRefusesDelaysAnActionByABoundedTime) {
  Scene scene({.log_rules = {fatal(HealthAction::kReplace)}, .min_ready = 0s});
  scene.tend();
  scene.disk_works = false;
  scene.write("FATAL no sensor");
  EXPECT_FALSE(scene.tend().must_be_replaced);
  EXPECT_EQ(scene.health.next_deadline(scene.now), scene.now + kDecisionWait);
  EXPECT_TRUE(scene.pass(kDecisionWait).must_be_replaced);
}

TEST(InstanceHealth, AStartOfTheAgentRepeatsNothingAndDoesWhatWasDecided) {
  Scene scene({.log_rules = {fatal(HealthAction::kRestart)}, .min_ready = 0s});
  scene.write("FATAL no sensor");
  ASSERT_THAT(scene.tend().restart, HasSubstr("FATAL"));
  // It died before it restarted the container.
  scene.health = InstanceHealth(scene.spec, scene.stored, scene.now, scene.prng);
  scene.health.resume(scene.now, scene.now, scene.prng);
  scene.report(ImageHealth::kNone);
  EXPECT_THAT(scene.tend().restart, HasSubstr("FATAL"));
  // It died afterwards: another container runs.
  scene.health = InstanceHealth(scene.spec, scene.stored, scene.now, scene.prng);
  scene.start();
  EXPECT_EQ(scene.tend().restart, "");
  scene.write("FATAL no sensor");
  EXPECT_EQ(scene.tend().restart, "") << "held off";
}

TEST(InstanceHealth, AStartOfTheAgentReadsOnWhereItWas) {
  Scene scene({.log_rules = {fatal(HealthAction::kEvent)}, .min_ready = 0s});
  scene.write("FATAL no sensor");
  scene.tend();
  scene.health = InstanceHealth(scene.spec, scene.stored, scene.now, scene.prng);
  scene.health.resume(scene.now, scene.now, scene.prng);
  const auto watches = scene.health.take_watches(scene.container, scene.instance(), scene.now);
  ASSERT_FALSE(watches.empty());
  const auto& follow = std::get<FollowLog>(watches.front());
  ASSERT_TRUE(follow.after);
  EXPECT_EQ(follow.after->standard_output.stamp, 1);
}

TEST(InstanceHealth, LinesAreProgressAndChecksThatChangeNothingAreNot) {
  Scene scene({.probes = {.readiness = probe(2)},
               .log_rules = {fatal(HealthAction::kEvent)},
               .min_ready = 0s});
  scene.pass(2s);
  scene.answer(ProbeOutcome::kSucceeded);
  scene.tend();
  scene.health.take_memory(scene.stored);
  scene.pass(2s);
  scene.answer(ProbeOutcome::kSucceeded);
  EXPECT_EQ(scene.health.unsaved(), Unsaved::kNothing);
  LogRead read{.lines = {.from_stdout = {.count = 1, .age = {}}}};
  scene.health.on(read, scene.now);
  EXPECT_EQ(scene.health.unsaved(), Unsaved::kProgress);
}

// A starved node.
// ---------------------------------------------------------------------------------

constexpr NodeCondition kStarved{.shortage = Shortage::kMemory};

TEST(InstanceHealth, OnAStarvedNodeAProbeThatFailsIsNotActedOnAndThatIsSaid) {
  for (const bool is_liveness : {false, true}) {
    InstanceSpec spec{.min_ready = 0s};
    (is_liveness ? spec.probes.liveness : spec.probes.readiness) = probe(1);
    Scene scene(spec);
    scene.pass(2s);
    scene.answer(ProbeOutcome::kSucceeded);
    ASSERT_EQ(scene.tend().health, Health::kReady);
    scene.health.on_node(kStarved, scene.now);
    scene.pass(2s);
    scene.answer(ProbeOutcome::kTimedOut);
    const HealthVerdict spared = scene.tend();
    EXPECT_EQ(spared.health, Health::kReady);
    EXPECT_FALSE(spared.must_be_replaced);
    EXPECT_EQ(spared.restart, "");
    EXPECT_THAT(spared.reason, HasSubstr("not acted on, because its node is short of memory: its"));
    EXPECT_EQ(scene.health.take_held_back(), spared.reason);
    EXPECT_EQ(scene.health.take_held_back(), std::nullopt) << "once";
    EXPECT_THAT(scene.health.take_noticed(), IsEmpty());
    scene.health.on_node({}, scene.now);
    const HealthVerdict after = scene.tend();
    EXPECT_EQ(after.restart.empty(), !is_liveness) << "it still fails";
    EXPECT_EQ(after.must_be_replaced, !is_liveness);
  }
}

TEST(InstanceHealth, OnAStarvedNodeAMissingLineIsWaitedForLonger) {
  Scene scene({.log_rules = {listening()}, .min_ready = 0s});
  scene.pass(20s);
  scene.health.on_node(kStarved, scene.now);
  EXPECT_EQ(scene.pass(100s).restart, "");
  scene.health.on_node({}, scene.now);
  EXPECT_EQ(scene.pass(10s - 1ns).restart, "");
  EXPECT_THAT(scene.pass(1ns).restart, HasSubstr("rule 'listening'"));
}

TEST(InstanceHealth, OnAStarvedNodeALineThatMustNotAppearIsActedOn) {
  Scene scene({.log_rules = {fatal(HealthAction::kRestart)}, .min_ready = 0s});
  scene.health.on_node(kStarved, scene.now);
  scene.write("FATAL no sensor");
  EXPECT_THAT(scene.tend().restart, HasSubstr("FATAL"));
}

TEST(InstanceHealth, OnAStarvedNodeAnInstanceIsNotLate) {
  Scene scene({.log_rules = {listening()}, .ready_deadline = 1min});
  scene.health.on_node(kStarved, scene.now);
  EXPECT_EQ(scene.pass(2min).health, Health::kStarting);
  scene.health.on_node({}, scene.now);
  EXPECT_EQ(scene.pass(1min - 1ns).health, Health::kStarting);
  EXPECT_THAT(scene.pass(1ns).reason, HasSubstr("not ready in time"));
}

// Without a manager.
// -----------------------------------------------------------------------

TEST(InstanceHealth, WhatNobodyReplacesIsRestartedHereAfterAWhile) {
  Scene scene({.log_rules = {fatal(HealthAction::kReplace)}, .min_ready = 0s});
  scene.pass(1h);
  scene.write("FATAL no sensor");
  EXPECT_EQ(scene.tend().restart, "") << "counted from when it was asked for";
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(scene.pass(20s).restart, "") << "the manager will, within its budget";
    scene.health.on_node({.last_assignment_at = scene.now}, scene.now);
  }
  EXPECT_EQ(scene.tend().restart, "");
  EXPECT_EQ(scene.health.next_deadline(scene.now), scene.now + InstanceHealth::kReplacementWait);
  EXPECT_EQ(scene.pass(InstanceHealth::kReplacementWait - 1ns).restart, "");
  EXPECT_THAT(scene.pass(1ns).restart, HasSubstr("the manager, which would replace it, cannot be"));
}

// Goal: a manager that is silent while nothing is asked of it has nothing to say.
TEST(InstanceHealth, WhatNeedsNoReplacementDoesNotMissTheManager) {
  Scene scene({.log_rules = {fatal(HealthAction::kReplace)}, .min_ready = 0s});
  EXPECT_EQ(scene.pass(10h).restart, "");
}

// Goal: while the agent did not run, it could hear nobody.
TEST(InstanceHealth, AStallIsNoSilenceOfTheManager) {
  Scene scene({.log_rules = {fatal(HealthAction::kReplace)}, .min_ready = 0s});
  scene.write("FATAL no sensor");
  scene.tend();
  scene.now += 10min;
  scene.health.on_stall(10min, scene.now);
  EXPECT_EQ(scene.pass(InstanceHealth::kReplacementWait - 1ns).restart, "");
  EXPECT_NE(scene.pass(1ns).restart, "");
}

}  // namespace
}  // namespace hearth::core
