#include "core/probes/probe_set.h"

#include <gtest/gtest.h>

#include "core/probes/probe_set_scene.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

static_assert(TimedPart<ProbeSet>);

constexpr ProbeKind kStartup = ProbeKind::kStartup;
constexpr ProbeKind kReadiness = ProbeKind::kReadiness;
constexpr ProbeKind kLiveness = ProbeKind::kLiveness;

Probes readiness_only() {
  return {.readiness = http_probe()};
}
Probes liveness_only() {
  return {.liveness = http_probe()};
}
Probes all_three() {
  return {.startup = http_probe(), .readiness = http_probe(), .liveness = http_probe()};
}

TEST(ProbeSet, ChecksAtOnceAndThenEveryPeriod) {
  ProbeSetScene scene(liveness_only());
  EXPECT_EQ(scene.latest, (DueCheck{kLiveness, 1, http_probe().check, 2s}));
  scene.succeed(kLiveness);
  scene.pass(9s - 1ns);
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.pass(2s + 1ns);
  EXPECT_TRUE(scene.checks_now(kLiveness));
  EXPECT_EQ(scene.latest.number, 2U);
}

TEST(ProbeSet, TheFirstCheckWaitsForTheInitialDelay) {
  Probes probes = liveness_only();
  probes.liveness->initial_delay = 30s;
  ProbeSetScene scene(probes);
  scene.pass(30s - 1ns);
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.pass(1ns);
  EXPECT_TRUE(scene.checks_now(kLiveness));
}

TEST(ProbeSet, TheInitialDelayCountsFromTheContainersStart) {
  Probes probes = liveness_only();
  probes.liveness->initial_delay = 30s;
  ProbeSetScene scene(probes);
  scene.start(25s);
  scene.pass(5s - 1ns);
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.pass(1ns);
  EXPECT_TRUE(scene.checks_now(kLiveness));
}

TEST(ProbeSet, ReadinessAndLivenessWaitForTheStartupProbe) {
  ProbeSetScene scene(all_three());
  EXPECT_TRUE(scene.checks_now(kStartup));
  EXPECT_EQ(scene.checks, 1U);
  scene.run(kStartup, ProbeOutcome::kFailed, 2);
  EXPECT_EQ(scene.readiness(), Readiness::kWaiting);
  EXPECT_EQ(scene.checks, 2U);
  scene.await(kStartup);
  scene.succeed(kStartup);
  EXPECT_TRUE(scene.checks_now(kReadiness)) << "at once";
  EXPECT_TRUE(scene.checks_now(kLiveness));
  scene.run(kReadiness, ProbeOutcome::kSucceeded, 1);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  scene.run(kLiveness, ProbeOutcome::kSucceeded, 3);
  EXPECT_FALSE(scene.checks_now(kStartup)) << "it succeeded once";
}

TEST(ProbeSet, TheirInitialDelayCountsFromTheContainersStartToo) {
  Probes probes = all_three();
  probes.liveness->initial_delay = 30s;
  ProbeSetScene scene(probes);
  scene.pass(1s);
  scene.succeed(kStartup);
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.pass(29s);
  EXPECT_TRUE(scene.checks_now(kLiveness));
}

TEST(ProbeSet, AStartupProbeThatFailsForGoodAsksForARestart) {
  ProbeSetScene scene(all_three());
  scene.run(kStartup, ProbeOutcome::kFailed, 2);
  EXPECT_FALSE(scene.set.fault());
  scene.run(kStartup, ProbeOutcome::kFailed, 1);
  EXPECT_EQ(scene.set.fault(),
            (ProbeFault{kStartup,
                        "its startup probe fails: GET /healthz on port 8080 was refused, "
                        "3 times in a row"}));
  scene.start();
  EXPECT_FALSE(scene.set.fault());
}

TEST(ProbeSet, ALivenessProbeThatFailsForGoodAsksForARestart) {
  ProbeSetScene scene(liveness_only());
  scene.run(kLiveness, ProbeOutcome::kTimedOut, 3);
  EXPECT_EQ(scene.set.fault(),
            (ProbeFault{kLiveness,
                        "its liveness probe fails: GET /healthz on port 8080 timed out "
                        "after 2.0 s, 3 times in a row"}));
  scene.start();
  EXPECT_FALSE(scene.set.fault());
  scene.run(kLiveness, ProbeOutcome::kFailed, 2);
  EXPECT_FALSE(scene.set.fault()) << "a fresh container has all its chances";
}

// Goal: an owner that waits with the restart (its node is starved) does not restart a service that
// has recovered.
TEST(ProbeSet, ASuccessTakesALivenessFaultBack) {
  ProbeSetScene scene(liveness_only());
  scene.run(kLiveness, ProbeOutcome::kFailed, 5);
  EXPECT_TRUE(scene.set.fault());
  scene.run(kLiveness, ProbeOutcome::kSucceeded, 1);
  EXPECT_FALSE(scene.set.fault());
}

TEST(ProbeSet, AReadinessProbeNeverAsksForARestart) {
  ProbeSetScene scene(readiness_only());
  scene.run(kReadiness, ProbeOutcome::kFailed, 20);
  EXPECT_EQ(scene.readiness(), Readiness::kWaiting) << "it was never ready: it is starting";
  EXPECT_FALSE(scene.set.fault());
  scene.run(kReadiness, ProbeOutcome::kSucceeded, 1);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  scene.run(kReadiness, ProbeOutcome::kFailed, 2);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  scene.run(kReadiness, ProbeOutcome::kTimedOut, 1);
  EXPECT_EQ(scene.set.readiness(),
            (ProbeReadiness{Readiness::kNotReady,
                            "its readiness probe fails, 3 times in a row: the last time, GET "
                            "/healthz on port 8080 timed out after 2.0 s"}));
  EXPECT_FALSE(scene.set.fault());
}

TEST(ProbeSet, WithoutProbesNothingJudges) {
  ProbeSetScene scene(Probes{.image_healthcheck = HealthcheckUse::kIgnore});
  EXPECT_EQ(scene.readiness(), Readiness::kNotJudged);
  EXPECT_FALSE(scene.set.next_deadline());
  EXPECT_TRUE(scene.set.statuses().empty());
}

TEST(ProbeSet, AStartupProbeAloneSaysWhetherItIsReady) {
  ProbeSetScene scene({.startup = http_probe(), .image_healthcheck = HealthcheckUse::kIgnore});
  EXPECT_EQ(scene.readiness(), Readiness::kWaiting);
  scene.succeed(kStartup);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  EXPECT_FALSE(scene.set.next_deadline());
}

TEST(ProbeSet, AnAnswerThatNeverComesIsATimeout) {
  ProbeSetScene scene(liveness_only());
  scene.pass(7s - 1ns);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting);
  scene.pass(1ns);
  EXPECT_EQ(scene.set.statuses().at(0),
            (ProbeStatus{"liveness", ProbeStanding::kFailing,
                         "its liveness probe fails: GET /healthz on port 8080 timed out after 2.0 "
                         "s"}));
  scene.pass(2 * kPeriodMax + 7s);
  EXPECT_TRUE(scene.set.fault());
}

TEST(ProbeSet, ALateAnswerOfAnEarlierCheckChangesNothing) {
  ProbeSetScene scene(liveness_only());
  const DueCheck first = scene.latest;
  scene.pass(kPeriodMax);
  ASSERT_NE(scene.latest.number, first.number);
  scene.tend();
  const ProbeSet::State before = scene.set.save();
  scene.answer_late(first, ProbeOutcome::kSucceeded);
  EXPECT_EQ(scene.set.save(), before);
}

TEST(ProbeSet, ALateAnswerOfAnEarlierContainerChangesNothing) {
  ProbeSetScene scene(liveness_only());
  const DueCheck first = scene.latest;
  scene.pass(1s);
  scene.start();
  EXPECT_NE(scene.latest.number, first.number);
  const ProbeSet::State before = scene.set.save();
  scene.answer_late(first, ProbeOutcome::kFailed);
  EXPECT_EQ(scene.set.save(), before);
}

TEST(ProbeSet, AnAnswerOfAnotherProbeChangesNothing) {
  ProbeSetScene scene({.readiness = http_probe(), .liveness = http_probe()});
  DueCheck check = scene.in_flight.at(kLiveness);
  check.probe = kReadiness;
  const ProbeSet::State before = scene.set.save();
  scene.answer_late(check, ProbeOutcome::kFailed);
  check.probe = kStartup;
  scene.answer_late(check, ProbeOutcome::kFailed);
  EXPECT_EQ(scene.set.save(), before);
}

TEST(ProbeSet, ACheckThatCouldNotBeRunIsShownAndNeverCounts) {
  ProbeSetScene scene(liveness_only());
  for (int i = 0; i < 20; ++i) {
    scene.await(kLiveness);
    scene.answer(kLiveness, ProbeOutcome::kNotRun, "the container has no address yet");
  }
  EXPECT_FALSE(scene.set.fault());
  EXPECT_EQ(scene.set.statuses().at(0),
            (ProbeStatus{"liveness", ProbeStanding::kWaiting,
                         "its liveness probe could not be run, 20 times in a row: the container "
                         "has no address yet"}));
}

TEST(ProbeSet, WhileItIsPausedNothingIsCheckedAndNothingCounts) {
  for (const WatchObstacle obstacle :
       {WatchObstacle::kContainerPaused, WatchObstacle::kRuntimeHangs,
        WatchObstacle::kContainerStopped}) {
    ProbeSetScene scene(liveness_only());
    scene.run(kLiveness, ProbeOutcome::kFailed, 2);
    scene.await(kLiveness);
    scene.hinder(obstacle);
    scene.answer(kLiveness, ProbeOutcome::kTimedOut);
    scene.pass(1h);
    EXPECT_FALSE(scene.checks_now(kLiveness));
    EXPECT_FALSE(scene.set.fault());
    EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kStandingStill);
    EXPECT_EQ(scene.set.statuses().at(0).words, words_of(obstacle));
    scene.clear(obstacle);
    EXPECT_FALSE(scene.set.fault()) << "what was in flight does not count afterwards, either";
    scene.await(kLiveness);
    scene.fail(kLiveness);
    EXPECT_TRUE(scene.set.fault()) << "the two failures before still count";
  }
}

TEST(ProbeSet, WhatWasInFlightBeforeAPauseDoesNotCountAfterIt) {
  ProbeSetScene scene(liveness_only());
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.clear(WatchObstacle::kContainerPaused);
  scene.succeed(kLiveness);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting);
}

// Goal: a check that the pause surprised is still in flight: its answer is awaited before another.
TEST(ProbeSet, ThereIsOneCheckInFlightAcrossAPause) {
  Probes probes = liveness_only();
  probes.liveness->period = 1s;
  ProbeSetScene scene(probes);
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.clear(WatchObstacle::kContainerPaused);
  scene.pass(7s - 1ns);
  EXPECT_EQ(scene.checks, 1U);
  scene.pass(1ns);
  EXPECT_EQ(scene.checks, 2U);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting) << "no failure";
}

TEST(ProbeSet, TheInitialDelayStandsStillWhilePaused) {
  Probes probes = liveness_only();
  probes.liveness->initial_delay = 30s;
  ProbeSetScene scene(probes);
  scene.pass(20s);
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.hinder(WatchObstacle::kRuntimeHangs);
  scene.pass(1h);
  scene.clear(WatchObstacle::kContainerPaused);
  scene.pass(1h);
  scene.clear(WatchObstacle::kRuntimeHangs);
  scene.pass(10s - 1ns);
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.pass(1ns);
  EXPECT_TRUE(scene.checks_now(kLiveness));
}

TEST(ProbeSet, AStartEndsAPauseButNotAHangOfTheRuntime) {
  ProbeSetScene scene(liveness_only());
  scene.succeed(kLiveness);
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.hinder(WatchObstacle::kRuntimeHangs);
  scene.start();
  EXPECT_FALSE(scene.checks_now(kLiveness));
  scene.clear(WatchObstacle::kRuntimeHangs);
  EXPECT_TRUE(scene.checks_now(kLiveness));
}

TEST(ProbeSet, AStallPutsAnAnswersDeadlineOff) {
  ProbeSetScene scene(liveness_only());
  scene.pass(6s);
  scene.stall(10s);
  scene.tend();
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting);
  scene.pass(2s - 1ns);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting)
      << "answers wait behind the stall";
  scene.succeed(kLiveness);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kSucceeding);
}

TEST(ProbeSet, ATimeoutInAStallIsNoFailure) {
  ProbeSetScene scene(liveness_only());
  scene.stall(3s);
  scene.answer(kLiveness, ProbeOutcome::kTimedOut);
  EXPECT_EQ(scene.set.statuses().at(0).words,
            "its liveness probe could not be run: the agent itself was late");
  scene.run(kLiveness, ProbeOutcome::kTimedOut, 1);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kFailing) << "the next one is";
}

TEST(ProbeSet, ARefusalInAStallIsAFailure) {
  ProbeSetScene scene(liveness_only());
  scene.stall(3s);
  scene.fail(kLiveness);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kFailing);
}

TEST(ProbeSet, TheBusDoesNotMatter) {
  ProbeSetScene scene(all_three());
  const ProbeSet::State before = scene.set.save();
  scene.set.on_bus_restored(scene.now);
  EXPECT_EQ(scene.set.save(), before);
}

TEST(ProbeSet, OtherProbesStartAfresh) {
  ProbeSetScene scene(liveness_only());
  scene.run(kLiveness, ProbeOutcome::kFailed, 2);
  scene.await(kLiveness);
  const DueCheck old = scene.latest;
  scene.set.on_probes(scene.probes, scene.now, scene.prng);
  EXPECT_EQ(scene.set.save().watches.at(0).failures.count, 2U) << "the same probes";
  Probes others = liveness_only();
  others.liveness->failures = 4;
  scene.set.on_probes(others, scene.now, scene.prng);
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kWaiting);
  scene.tend();
  scene.pass(1s);
  EXPECT_GT(scene.latest.number, old.number);
  scene.answer_late(old, ProbeOutcome::kFailed);
  EXPECT_EQ(scene.set.save().watches.at(0).failures.count, 0U);
}

TEST(ProbeSet, TheImagesHealthcheckCountsAsReadiness) {
  ProbeSetScene scene(Probes{});
  EXPECT_EQ(scene.set.readiness(),
            (ProbeReadiness{Readiness::kWaiting,
                            "whether its image has a HEALTHCHECK is not known yet"}));
  scene.report(ImageHealth::kNone);
  EXPECT_EQ(scene.readiness(), Readiness::kNotJudged);
  scene.start();
  scene.report(ImageHealth::kStarting);
  EXPECT_EQ(scene.readiness(), Readiness::kWaiting);
  scene.report(ImageHealth::kHealthy);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  scene.report(ImageHealth::kUnhealthy, "no route to host");
  EXPECT_EQ(scene.set.readiness(),
            (ProbeReadiness{Readiness::kNotReady,
                            "the HEALTHCHECK of its image says that it is unhealthy: no route to "
                            "host"}));
  EXPECT_FALSE(scene.set.fault());
  EXPECT_EQ(scene.set.statuses().at(0).standing, ProbeStanding::kFailed);
}

TEST(ProbeSet, AReadinessProbeOfTheWorkloadTakesPrecedence) {
  ProbeSetScene scene(readiness_only());
  scene.report(ImageHealth::kUnhealthy);
  scene.succeed(kReadiness);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  EXPECT_EQ(scene.set.statuses().size(), 1U);
}

TEST(ProbeSet, TheImagesHealthcheckIsLivenessOnlyOnRequest) {
  ProbeSetScene as_readiness(liveness_only());
  as_readiness.report(ImageHealth::kUnhealthy);
  EXPECT_FALSE(as_readiness.set.fault());

  Probes probes = readiness_only();
  probes.image_healthcheck = HealthcheckUse::kLiveness;
  ProbeSetScene as_liveness(probes);
  as_liveness.report(ImageHealth::kUnhealthy, "gone");
  EXPECT_EQ(
      as_liveness.set.fault(),
      (ProbeFault{kLiveness, "the HEALTHCHECK of its image says that it is unhealthy: gone"}));
  as_liveness.start();
  EXPECT_FALSE(as_liveness.set.fault());

  probes.image_healthcheck = HealthcheckUse::kIgnore;
  ProbeSetScene ignored(probes);
  ignored.report(ImageHealth::kUnhealthy);
  EXPECT_FALSE(ignored.set.fault());
}

TEST(ProbeSet, TheImagesHealthcheckWaitsForTheStartupProbeToo) {
  ProbeSetScene scene({.startup = http_probe(), .image_healthcheck = HealthcheckUse::kLiveness});
  scene.report(ImageHealth::kUnhealthy);
  EXPECT_FALSE(scene.set.fault());
  scene.succeed(kStartup);
  scene.report(ImageHealth::kUnhealthy);
  EXPECT_FALSE(scene.set.fault()) << "that was before it had started";
  scene.report(ImageHealth::kHealthy);
  scene.report(ImageHealth::kUnhealthy);
  EXPECT_TRUE(scene.set.fault());
}

TEST(ProbeSet, AStartOfTheAgentForgetsNeitherReadinessNorStartup) {
  ProbeSetScene scene(all_three());
  scene.succeed(kStartup);
  scene.succeed(kReadiness);
  scene.fail(kLiveness);
  const ProbeSet::Durable durable = scene.set.durable();

  scene.now += 30s;
  scene.in_flight.clear();
  scene.set = ProbeSet(scene.probes, durable, scene.now, scene.prng);
  EXPECT_TRUE(scene.set.has_started());
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  EXPECT_EQ(scene.set.durable(), durable);
  scene.await(kLiveness);
  EXPECT_FALSE(scene.checks_now(kStartup));
  scene.fail(kLiveness);
  EXPECT_EQ(scene.set.save().watches.at(2).failures.count, 1U) << "failures in a row begin anew";
  scene.run(kReadiness, ProbeOutcome::kFailed, 2);
  EXPECT_EQ(scene.readiness(), Readiness::kReady);
  scene.run(kReadiness, ProbeOutcome::kFailed, 1);
  EXPECT_EQ(scene.readiness(), Readiness::kNotReady);

  const ProbeSet again(scene.probes, scene.set.durable(), scene.now, scene.prng);
  EXPECT_EQ(again.readiness(), scene.set.readiness());
}

TEST(ProbeSet, AStartOfTheAgentForgetsNotThatTheImageWasHealthy) {
  ProbeSetScene scene(Probes{});
  scene.report(ImageHealth::kHealthy);
  scene.set = ProbeSet(scene.probes, scene.set.durable(), scene.now, scene.prng);
  EXPECT_EQ(scene.readiness(), Readiness::kWaiting) << "what it says is asked again";
  scene.report(ImageHealth::kUnhealthy);
  EXPECT_EQ(scene.readiness(), Readiness::kNotReady);
}

// Goal: the probes of all containers of a node do not run at one instant when its agent starts.
TEST(ProbeSet, AStartOfTheAgentSpreadsChecks) {
  for (const Probes& probes : {liveness_only(), all_three()}) {
    ProbeSetScene scene(probes);
    if (probes.startup) scene.succeed(kStartup);
    scene.pass(1h);
    std::set<MonoTime> instants;
    for (int i = 0; i < 20; ++i) {
      const ProbeSet set(scene.probes, scene.set.durable(), scene.now, scene.prng);
      EXPECT_LE(*set.next_deadline(), scene.now + 1s);
      instants.insert(*set.next_deadline());
    }
    EXPECT_GT(instants.size(), 10U);
  }
}

TEST(ProbeSet, WhatIsDurableOfOtherProbesOrOfTheFutureIsForgotten) {
  ProbeSetScene scene(all_three());
  scene.succeed(kStartup);
  const ProbeSet::Durable durable = scene.set.durable();
  Probes others = all_three();
  others.liveness->period = 11s;
  EXPECT_FALSE(ProbeSet(others, durable, scene.now, scene.prng).has_started());
  EXPECT_FALSE(ProbeSet(scene.probes, durable, scene.now - 1ns, scene.prng).has_started());
  EXPECT_TRUE(ProbeSet(scene.probes, durable, scene.now, scene.prng).has_started());
}

TEST(ProbeSet, NothingIsCheckedBeforeAContainerStarts) {
  const MonoTime now{1h};
  Prng prng(1);
  ProbeSet set(all_three(), now);
  EXPECT_TRUE(set.tend(now, prng).empty());
  EXPECT_FALSE(set.next_deadline());
  EXPECT_EQ(set.readiness().readiness, Readiness::kWaiting);
  EXPECT_EQ(set.statuses().at(2).words, "its container has not started");
  set.check_invariants();
}

}  // namespace
}  // namespace hearth::core
