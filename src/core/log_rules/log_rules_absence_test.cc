#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log_rules/log_rules.h"
#include "core/log_rules/log_rules_scene.h"
#include "core/rule_watch/rule_terms.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

TEST(LogRulesAbsence, ReadyOnceEachLineThatMustAppearWasSeen) {
  LogRule other = must_appear(30s);
  other.name = "other";
  LogRulesScene scene({must_appear(30s), other});
  EXPECT_TRUE(scene.log.judges_readiness());
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kWaiting);
  scene.match(0);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kWaiting);
  EXPECT_EQ(scene.status(0).standing, RuleStanding::kMet);
  EXPECT_EQ(scene.status(1).standing, RuleStanding::kWaiting);
  scene.match(1);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
  EXPECT_EQ(scene.log.next_deadline(), std::nullopt);
  scene.pass(24h);
  EXPECT_EQ(scene.fires(), 0U);
  scene.start();
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kWaiting);
}

TEST(LogRulesAbsence, ALineThatDoesNotAppearInTimeFires) {
  LogRulesScene scene({must_appear(30s)});
  scene.pass(30s - 1ns);
  scene.write();
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  const std::vector<LogFiring> firings = scene.fired();
  ASSERT_EQ(firings.size(), 1U);
  EXPECT_EQ(firings[0].why, "no line matches 'listening' within 30.0 s of the start");
  EXPECT_EQ(firings[0].line, "");
  EXPECT_EQ(scene.status().standing, RuleStanding::kFaulty);
  scene.match(0);
  EXPECT_EQ(scene.status().standing, RuleStanding::kMet);
}

TEST(LogRulesAbsence, ALineMustRecur) {
  LogRulesScene scene({must_recur(10s)});
  for (int i = 0; i < 3; ++i) {
    scene.pass(10s - 1ns);
    scene.match(0);
  }
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(10s - 1ns);
  scene.write();
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fired().at(0).why, "no line matched 'sensors' for 10.0 s");
}

TEST(LogRulesAbsence, TheFirstLineThatMustRecurHasItsGrace) {
  LogRulesScene longer({must_recur(10s, 20s)});
  longer.pass(20s - 1ns);
  EXPECT_EQ(longer.fires(), 0U);
  EXPECT_EQ(longer.status().standing, RuleStanding::kWaiting);
  longer.pass(1ns);
  EXPECT_EQ(longer.fired().at(0).why, "no line matches 'sensors' within 20.0 s of the start");
  LogRulesScene shorter({must_recur(10s, 5s)});
  shorter.pass(10s - 1ns);
  EXPECT_EQ(shorter.fires(), 0U);
  shorter.pass(1ns);
  EXPECT_EQ(shorter.fires(), 1U);
  // The first line ends the grace.
  LogRulesScene ended({must_recur(10s, 20s)});
  ended.match(0);
  ended.pass(10s);
  EXPECT_EQ(ended.fires(), 1U);
}

TEST(LogRulesAbsence, AnyLineEndsASilence) {
  LogRulesScene scene({silence(5min)});
  scene.pass(5min - 1ns);
  scene.write();
  scene.pass(5min - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fired().at(0).why, "no line for 5 m 0 s");
  EXPECT_THAT(scene.log.marks(), ElementsAre(LogMark{"quiet", "no line for 5 m 0 s"}));
  scene.write();
  EXPECT_THAT(scene.log.marks(), IsEmpty());
}

TEST(LogRulesAbsence, ASilenceIsOfItsStream) {
  LogRule rule = silence(5min);
  rule.stream = LogStream::kStderr;
  LogRulesScene scene({rule});
  scene.pass(4min);
  scene.write(LogStream::kStdout);
  scene.pass(1min);
  EXPECT_EQ(scene.fired().at(0).why, "no line on stderr for 5 m 0 s");
  scene.write(LogStream::kStderr);
  EXPECT_EQ(scene.status().standing, RuleStanding::kMet);
}

TEST(LogRulesAbsence, AnAbsenceThatLastsFiresOnceAHoldOff) {
  LogRulesScene scene({must_recur(10s)});
  scene.pass(10s);
  EXPECT_EQ(scene.fires(), 1U);
  scene.pass(5min - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fired().at(0).held_off, 29U);
}

TEST(LogRulesAbsence, ATinyWaitWakesNobodyWithoutEnd) {
  LogRule rule = must_recur(1ns);
  rule.hold_off = 0s;
  LogRulesScene scene({rule});
  scene.pass(kAbsenceWaitMin - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1s);
  EXPECT_EQ(scene.fires(), 10U);
}

/// Why nothing can be concluded from an absence, and how that begins and ends.
struct Blindness {
  std::string because;
  std::function<void(LogRulesScene&)> begin;
  std::function<void(LogRulesScene&)> end;
};

std::vector<Blindness> blindnesses() {
  std::vector<Blindness> all;
  for (const auto& [reading, because] :
       {std::pair{LogReading::kBehind, "its log is not read to the end yet"},
        std::pair{LogReading::kReconnecting, "the connection to its log is interrupted"}}) {
    all.push_back({because, [reading = reading](LogRulesScene& scene) { scene.read(reading); },
                   [](LogRulesScene& scene) { scene.read(LogReading::kCaughtUp); }});
  }
  for (const auto& [obstacle, because] :
       {std::pair{WatchObstacle::kContainerStopped, "its container is stopped"},
        std::pair{WatchObstacle::kContainerPaused, "its container is paused"},
        std::pair{WatchObstacle::kRuntimeHangs, "the container runtime does not answer"}}) {
    all.push_back({because, [obstacle = obstacle](LogRulesScene& scene) { scene.hinder(obstacle); },
                   [obstacle = obstacle](LogRulesScene& scene) { scene.clear(obstacle); }});
  }
  all.push_back({"its log cannot be read: log driver 'syslog'",
                 [](LogRulesScene& scene) {
                   scene.log.on_unreadable("log driver 'syslog'", scene.now);
                   scene.tend();
                 },
                 [](LogRulesScene& scene) { scene.read(LogReading::kCaughtUp); }});
  return all;
}

// Goal: an absence rule stands still while nothing can be concluded, and goes on where it stood.
TEST(LogRulesAbsence, RulesStandStillWhileNothingCanBeConcluded) {
  for (const LogRule& rule : {must_appear(30s), must_recur(30s), silence(30s)}) {
    for (const Blindness& blindness : blindnesses()) {
      SCOPED_TRACE(rule.name + ", " + blindness.because);
      LogRulesScene scene({rule});
      scene.pass(20s);
      blindness.begin(scene);
      EXPECT_EQ(scene.log.standing_still_because(), blindness.because);
      EXPECT_EQ(scene.status().words, blindness.because);
      EXPECT_EQ(scene.log.next_deadline(), std::nullopt);
      scene.pass(24h);
      scene.tend();
      EXPECT_EQ(scene.fires(), 0U);
      blindness.end(scene);
      EXPECT_EQ(scene.log.standing_still_because(), "");
      scene.pass(10s - 1ns);
      EXPECT_EQ(scene.fires(), 0U);
      scene.pass(1ns);
      EXPECT_EQ(scene.fires(), 1U);
    }
  }
}

TEST(LogRulesAbsence, SeveralObstaclesMustAllBeCleared) {
  LogRulesScene scene({silence(30s)});
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.hinder(WatchObstacle::kRuntimeHangs);
  scene.clear(WatchObstacle::kContainerPaused);
  scene.pass(1h);
  EXPECT_EQ(scene.fires(), 0U);
  scene.clear(WatchObstacle::kRuntimeHangs);
  scene.pass(30s);
  EXPECT_EQ(scene.fires(), 1U);
}

TEST(LogRulesAbsence, AStartClearsWhatWasOfTheContainer) {
  LogRulesScene scene({silence(30s)});
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.hinder(WatchObstacle::kContainerStopped);
  scene.hinder(WatchObstacle::kRuntimeHangs);
  scene.start();
  EXPECT_EQ(scene.log.standing_still_because(), "the container runtime does not answer");
  scene.clear(WatchObstacle::kRuntimeHangs);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 30s);
}

TEST(LogRulesAbsence, NothingIsDueBeforeTheReaderIsCaughtUp) {
  LogRulesScene scene({must_appear(30s)});
  scene.log.on_started(scene.now, scene.now);
  EXPECT_EQ(scene.status().standing, RuleStanding::kStandingStill);
  scene.pass(1h);
  EXPECT_EQ(scene.fires(), 0U);
  scene.read(LogReading::kCaughtUp);
  scene.pass(30s);
  EXPECT_EQ(scene.fires(), 1U);
}

TEST(LogRulesAbsence, ALineReadWhileCatchingUpFulfils) {
  LogRulesScene scene({must_recur(10s), silence(10s)});
  scene.pass(9s);
  scene.read(LogReading::kReconnecting);
  scene.pass(1h);
  scene.read(LogReading::kBehind);
  scene.match(0, 1min);
  scene.read(LogReading::kCaughtUp);
  scene.pass(10s - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fires(), 2U);
}

// Goal: no data are neither good nor bad, and that is said.
TEST(LogRulesAbsence, ALogThatCannotBeReadYieldsNoData) {
  LogRulesScene scene({must_not_appear({}), must_appear(30s), must_recur(10s), silence(10s)});
  scene.log.on_unreadable("log driver 'syslog'", scene.now);
  scene.pass(24h);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kUnknown);
  for (const RuleStatus& status : scene.log.statuses()) {
    EXPECT_EQ(status.standing, RuleStanding::kNoData) << status.rule;
    EXPECT_EQ(status.words, "its log cannot be read: log driver 'syslog'");
  }
  scene.start();
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kWaiting);
}

TEST(LogRulesAbsence, ALineThatAppearedIsAFactEvenIfTheLogCannotBeReadAnyMore) {
  LogRulesScene scene({must_appear(30s)});
  scene.match(0);
  scene.log.on_unreadable("a damaged file", scene.now);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
  EXPECT_EQ(scene.status().standing, RuleStanding::kMet);
}

TEST(LogRulesAbsence, SkippedLinesMayHaveBeenTheAwaitedOnes) {
  LogRulesScene scene({must_appear(30s), must_recur(10s), silence(10s)});
  scene.pass(9s);
  scene.skip({.from_age = 5s, .to_age = 0s, .lines = 7});
  EXPECT_EQ(scene.log.counts().skipped, 7U);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kUnknown);
  EXPECT_EQ(scene.status(0).standing, RuleStanding::kNoData);
  EXPECT_EQ(scene.status(0).words,
            "lines of its log were skipped, and the awaited one may be among them");
  scene.pass(10s - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fires(), 2U);  // Not 'ready'.
  scene.pass(1h);
  for (const LogFiring& firing : scene.fired()) EXPECT_NE(firing.rule, "ready");
  scene.match(0);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

TEST(LogRulesAbsence, ASkipNeverShortensAWait) {
  LogRulesScene scene({must_recur(10s, 1min)});
  scene.skip({.from_age = 0s, .to_age = 0s});
  scene.pass(1min - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fires(), 1U);
}

TEST(LogRulesAbsence, LinesSkippedFromBeforeTheStartWereNotOfThisContainer) {
  LogRulesScene scene({must_appear(30s)});
  scene.pass(1s);
  scene.skip({.from_age = 1h, .to_age = 1s + 1ns, .lines = 5});
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kWaiting);
  EXPECT_EQ(scene.log.counts().skipped, 0U);
  scene.skip({.from_age = 1h, .to_age = 1s, .lines = 5});
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kUnknown);
}

TEST(LogRulesAbsence, ASkipAfterTheLineAppearedDoesNotMatter) {
  LogRulesScene scene({must_appear(30s)});
  scene.match(0);
  scene.skip({});
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

// Goal: lines that wait behind a stall of our own are read before their absence is judged.
TEST(LogRulesAbsence, AStallPutsTheWaitOff) {
  LogRulesScene scene({must_recur(10s)});
  scene.pass(10s - 1ns);
  scene.stall(1min);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + RuleWatch::kStallMarginMax);
  scene.tend();
  EXPECT_EQ(scene.fires(), 0U);
  scene.match(0);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 10s);
}

TEST(LogRulesAbsence, StallsWithoutEndDoNotPutAWaitOffForever) {
  LogRulesScene scene({must_recur(10s)});
  for (int i = 0; i < 100 && scene.firings.empty(); ++i) {
    scene.pass(1s);
    scene.stall(500ms);
    scene.tend();
  }
  EXPECT_EQ(scene.fires(), 1U);
}

// Goal: the margin that one wait used up is there again for the next, however that begins.
TEST(LogRulesAbsence, EachWaitHasItsOwnMargin) {
  const std::vector<std::function<void(LogRulesScene&)>> begin_next_wait = {
      [](LogRulesScene& scene) { scene.match(0); },
      [](LogRulesScene& scene) { scene.skip({}); },
      [](LogRulesScene& scene) {
        scene.pass(10s);
        EXPECT_EQ(scene.fires(), 1U);
      },
      [](LogRulesScene& scene) { scene.start(); },
  };
  for (const auto& begin : begin_next_wait) {
    LogRulesScene scene({must_recur(10s)});
    const auto stall_at_the_end = [&scene] {
      scene.pass(*scene.log.next_deadline() - 1ns - scene.now);
      scene.stall(1min);
      return *scene.log.next_deadline() - scene.now;
    };
    for (int i = 0; i < 30; ++i) stall_at_the_end();
    begin(scene);
    EXPECT_EQ(stall_at_the_end(), RuleWatch::kStallMarginMax);
  }
}

TEST(LogRulesAbsence, ALineThatIsLateAndThenSkippedStaysAFault) {
  LogRulesScene scene({must_appear(30s)});
  scene.pass(30s);
  EXPECT_EQ(scene.fires(), 1U);
  scene.skip({});
  EXPECT_EQ(scene.status().standing, RuleStanding::kFaulty);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kUnknown);
  scene.pass(1h);
  EXPECT_EQ(scene.fires(), 0U);
  scene.match(0);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

// Goal: the first example of docs/reference/log_rules.md goes as its table says.
TEST(LogRulesAbsence, TheExampleOfTheReferenceIsTrue) {
  LogRule gone = must_not_appear({.pattern = "broker", .count = 3, .within = 1min});
  gone.name = "broker-gone";
  LogRulesScene scene({must_appear(30s), must_recur(10s), gone});
  scene.pass(2s);
  EXPECT_EQ(scene.status(0).standing, RuleStanding::kWaiting);
  scene.match(0);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
  scene.pass(1s);
  scene.match(1);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 10s);
  scene.pass(6s);
  for (int at = 9; at <= 11; ++at) {
    EXPECT_EQ(scene.fires(), 0U);
    scene.match(2, {}, "broker b1 refused");
    scene.pass(1s);
  }
  EXPECT_EQ(scene.fired().at(0).line, "broker b1 refused");
  for (int i = 0; i < 3; ++i) scene.match(2);
  EXPECT_EQ(scene.status(2).held_off, 1U);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 1s);
  scene.read(LogReading::kReconnecting);
  scene.pass(8s);
  scene.read(LogReading::kBehind);
  scene.match(1, 5s);
  scene.read(LogReading::kCaughtUp);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 10s);
  EXPECT_EQ(scene.fires(), 0U);
}

TEST(LogRulesAbsence, AStallWhileStandingStillChangesNothing) {
  LogRulesScene scene({must_recur(10s)});
  scene.pass(4s);
  scene.hinder(WatchObstacle::kContainerPaused);
  scene.stall(1min);
  scene.clear(WatchObstacle::kContainerPaused);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 6s);
}

TEST(LogRulesAbsence, ARestoredBusChangesNothing) {
  LogRulesScene scene({must_recur(10s)});
  const LogRules::State before = scene.log.save();
  scene.log.on_bus_restored(scene.now + 1s);
  EXPECT_EQ(scene.log.save(), before);
}

TEST(LogRulesAbsence, AfterAStartOfTheAgentAWaitBeginsAnew) {
  LogRulesScene scene({must_appear(30s), must_recur(10s, 1min)});
  scene.match(1);
  scene.pass(9s);
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  scene.read(LogReading::kCaughtUp);
  scene.pass(10s - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(1ns);
  EXPECT_EQ(scene.fired().at(0).rule, "alive");
  scene.pass(20s);
  EXPECT_EQ(scene.fired().at(0).rule, "ready");
}

TEST(LogRulesAbsence, ASkipOutlastsTheAgent) {
  LogRulesScene scene({must_appear(30s)});
  scene.skip({});
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  scene.read(LogReading::kCaughtUp);
  scene.pass(1h);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kUnknown);
}

}  // namespace
}  // namespace hearth::core
