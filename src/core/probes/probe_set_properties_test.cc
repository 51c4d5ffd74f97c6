#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/probes/probe_set_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

Probes some_probes() {
  Probes probes{.startup = http_probe(), .readiness = http_probe(), .liveness = http_probe()};
  probes.startup->period = 1s;
  probes.readiness->successes = 2;
  probes.liveness->initial_delay = 15s;
  probes.liveness->period = 3s;
  probes.image_healthcheck = HealthcheckUse::kLiveness;
  return probes;
}

/// Anything that can happen to the probes, at random.
struct Step {
  std::uint8_t kind;
  std::uint8_t what;
  Duration time;
};
std::ostream& operator<<(std::ostream& out, const Step& step) {
  return out << "{" << int{step.kind} << ", " << int{step.what} << ", " << step.time / 1ms
             << " ms}";
}

std::vector<Step> any_steps() {
  const auto time = rc::gen::map(rc::gen::inRange<std::int64_t>(0, 12'000),
                                 [](std::int64_t ms) { return Duration(ms * 1ms); });
  return *rc::gen::container<std::vector<Step>>(rc::gen::construct<Step>(
      rc::gen::inRange<std::uint8_t>(0, 9), rc::gen::arbitrary<std::uint8_t>(), time));
}

void apply(const Step& step, ProbeSetScene& scene) {
  const auto kind = static_cast<ProbeKind>(step.what % 3);
  const auto outcome = static_cast<ProbeOutcome>(step.what / 3 % 4);
  switch (step.kind) {
    case 0:
    case 1:
    case 2:
      if (scene.checks_now(kind)) scene.answer(kind, outcome);
      return;
    case 3: return scene.hinder(static_cast<WatchObstacle>(step.what % 3));
    case 4: return scene.clear(static_cast<WatchObstacle>(step.what % 3));
    case 5: return scene.stall(step.time / 4);
    case 6: return scene.report(static_cast<ImageHealth>(step.what % 4));
    case 7:
      if (step.what % 4 == 0) scene.start(step.time);
      return;
    case 8: return scene.answer_late({.probe = kind, .number = step.what % 8U}, outcome, "old");
  }
}

RC_GTEST_PROP(ProbeSetProperties, SavingAndRestoringAtAnyPointChangesNothing, ()) {
  ProbeSetScene scene(some_probes());
  ProbeSetScene restored(some_probes());
  for (const Step& step : any_steps()) {
    restored.set = ProbeSet(restored.probes, restored.set.save());
    for (ProbeSetScene* each : {&scene, &restored}) {
      apply(step, *each);
      each->pass(step.time);
    }
    RC_ASSERT(restored.set.save() == scene.set.save());
    RC_ASSERT(restored.set.next_deadline() == scene.set.next_deadline());
    RC_ASSERT(restored.set.statuses() == scene.set.statuses());
    RC_ASSERT(restored.set.fault() == scene.set.fault());
    RC_ASSERT(restored.set.readiness() == scene.set.readiness());
  }
}

// Method: the prober keeps its word and answers within the margin, however long the check takes; so
// every check that is due must find the one before answered, across pauses and stalls.
RC_GTEST_PROP(ProbeSetProperties, AtMostOneCheckOfAProbeIsInFlight, ()) {
  const MonoTime begin{1h};
  MonoTime now = begin;
  Prng prng(3);
  ProbeSet set(some_probes(), now);
  set.on_started(now, now, prng);
  std::map<ProbeKind, std::pair<DueCheck, MonoTime>> in_flight;
  for (const Step& step : any_steps()) {
    if (step.kind == 3) set.on_obstacle(static_cast<WatchObstacle>(step.what % 3), now);
    if (step.kind == 4) set.on_cleared(static_cast<WatchObstacle>(step.what % 3), now);
    if (step.kind == 5) set.on_stall(step.time / 4, now);
    const MonoTime end = now + step.time;
    while (now < end) {
      for (auto& [kind, flight] : in_flight) {
        if (flight.second > now) continue;
        const ProbeOutcome outcome = step.what % 2 == 0 || kind == ProbeKind::kStartup
                                         ? ProbeOutcome::kSucceeded
                                         : ProbeOutcome::kTimedOut;
        set.on_answer({kind, flight.first.number, {outcome, ""}}, now);
      }
      std::erase_if(in_flight, [now](const auto& one) { return one.second.second <= now; });
      for (const DueCheck& check : set.tend(now, prng)) {
        RC_ASSERT(!in_flight.contains(check.probe));
        const Duration takes = check.timeout + Duration(prng.between(0, Duration(5s).count() - 1));
        in_flight.emplace(check.probe, std::pair(check, now + takes));
      }
      set.check_invariants();
      now += 500ms;
    }
  }
}

// Goal: a container that answers in time is never restarted. Method: each check is answered with
// success, anywhere within its timeout, or its answer is lost to the agent's own trouble; pauses,
// hangs and stalls come and go.
RC_GTEST_PROP(ProbeSetProperties, ProbesThatAlwaysSucceedNeverYieldARestart, ()) {
  Probes probes = some_probes();
  probes.startup->failures = probes.liveness->failures = 1;
  ProbeSetScene scene(probes);
  for (const Step& step : any_steps()) {
    if (step.kind == 3 || step.kind == 4 || step.kind == 7) apply(step, scene);
    for (const ProbeKind kind :
         {ProbeKind::kStartup, ProbeKind::kReadiness, ProbeKind::kLiveness}) {
      if (!scene.checks_now(kind)) continue;
      scene.pass(std::min<Duration>(step.time, 600ms));
      if (step.kind == 5) scene.stall(step.time);
      const bool is_late = step.kind == 5 && step.what % 2 == 0;
      const bool is_not_run = step.kind == 6;
      scene.answer(kind, is_late      ? ProbeOutcome::kTimedOut
                         : is_not_run ? ProbeOutcome::kNotRun
                                      : ProbeOutcome::kSucceeded);
      RC_ASSERT(!scene.set.fault());
      RC_ASSERT(scene.readiness() != Readiness::kNotReady);
    }
    // To the next check, and not beyond it.
    const auto next = scene.set.next_deadline();
    if (next && scene.in_flight.empty()) scene.pass(std::max<Duration>(*next - scene.now, 0s));
    RC_ASSERT(!scene.set.fault());
  }
}

// Goal: fewer failures in a row than the bound never restart, whatever is between them that says
// nothing.
RC_GTEST_PROP(ProbeSetProperties, FailuresBelowTheBoundNeverRestart, ()) {
  Probes probes{.liveness = http_probe()};
  probes.liveness->failures = *rc::gen::inRange<std::uint32_t>(2, 6);
  ProbeSetScene scene(probes);
  std::uint32_t in_a_row = 0;
  for (const Step& step : any_steps()) {
    scene.await(ProbeKind::kLiveness);
    ProbeOutcome outcome = static_cast<ProbeOutcome>(step.what % 4);
    const bool is_failure = outcome == ProbeOutcome::kFailed || outcome == ProbeOutcome::kTimedOut;
    if (is_failure && in_a_row + 1 == probes.liveness->failures) outcome = ProbeOutcome::kSucceeded;
    if (outcome == ProbeOutcome::kSucceeded) in_a_row = 0;
    if (is_failure && outcome != ProbeOutcome::kSucceeded) ++in_a_row;
    scene.answer(ProbeKind::kLiveness, outcome);
    RC_ASSERT(!scene.set.fault());
  }
}

// Goal: nothing counts against a container that cannot be judged, whatever is answered.
RC_GTEST_PROP(ProbeSetProperties, WhatIsAnsweredWhileItCannotBeJudgedChangesNoVerdict, ()) {
  Probes probes = some_probes();
  probes.startup.reset();
  probes.liveness->failures = 1;
  probes.image_healthcheck = HealthcheckUse::kIgnore;
  ProbeSetScene scene(probes);
  scene.pass(15s);
  scene.hinder(WatchObstacle::kRuntimeHangs);
  for (const Step& step : any_steps()) {
    if (step.kind != 7 && step.kind != 4) apply(step, scene);
    scene.pass(step.time);
    RC_ASSERT(!scene.set.fault());
    RC_ASSERT(scene.readiness() == Readiness::kWaiting);
  }
}

}  // namespace
}  // namespace hearth::core
