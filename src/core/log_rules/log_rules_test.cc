#include "core/log_rules/log_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/log_rules/log_rules_scene.h"
#include "core/rule_watch/rule_terms.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

static_assert(TimedPart<LogRules>);

TEST(LogRules, ALineThatMustNotAppearFiresWithItsWordsAndItself) {
  LogRulesScene scene({must_not_appear({})});
  scene.match(0, {}, "connection refused");
  EXPECT_THAT(scene.fired(), ElementsAre(LogFiring{.rule = "bad",
                                                   .action = HealthAction::kRestart,
                                                   .why = "a line matches 'refused'",
                                                   .line = "connection refused",
                                                   .at = scene.now}));
  EXPECT_EQ(scene.status().standing, RuleStanding::kFaulty);
}

TEST(LogRules, TheEvidenceIsShortened) {
  LogRulesScene scene({must_not_appear({.pattern = std::string(1000, 'p')})});
  scene.match(0, {}, std::string(RuleWatch::kEvidenceBytesMax, 'x'));
  EXPECT_EQ(scene.fired().at(0).line, std::string(RuleWatch::kEvidenceBytesMax, 'x'));
  scene.pass(10min);
  scene.match(0, {}, std::string(RuleWatch::kEvidenceBytesMax + 1, 'x'));
  const LogFiring firing = scene.fired().at(0);
  EXPECT_EQ(firing.line.size(), RuleWatch::kEvidenceBytesMax);
  EXPECT_LT(firing.why.size(), 120U);
}

TEST(LogRules, CountsLinesInAWindowThatSlides) {
  LogRulesScene scene({must_not_appear({.count = 3, .within = 1min})});
  scene.match(0);
  scene.pass(30s);
  scene.match(0);
  scene.pass(30s + 1ns);
  scene.match(0);  // The first has left the window.
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(30s - 1ns);
  scene.match(0);  // Exactly a minute after the second.
  EXPECT_EQ(scene.fired().at(0).why, "3 lines within 1 m 0 s match 'refused'");
}

TEST(LogRules, EachFiringNeedsItsOwnLines) {
  LogRulesScene scene({must_not_appear({.count = 3, .within = 1min})});
  for (int i = 0; i < 9; ++i) scene.match(0);
  EXPECT_EQ(scene.fires(), 1U);
  EXPECT_EQ(scene.status().held_off, 2U);
}

TEST(LogRules, AWindowHoldsABoundedNumberOfInstants) {
  LogRulesScene scene({must_not_appear({.count = kRuleCountMax, .within = 1h})});
  for (std::uint32_t i = 1; i < kRuleCountMax; ++i) scene.match(0);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.save().rules.at(0).counted.size(), kRuleCountMax - 1);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 1U);
  LogRulesScene beyond({must_not_appear({.count = kRuleCountMax + 1, .within = 1h})});
  for (std::uint32_t i = 0; i < kRuleCountMax; ++i) beyond.match(0);
  EXPECT_EQ(beyond.fires(), 1U);
}

TEST(LogRules, TheWindowIsOfTheTimeInWhichLinesWereWritten) {
  LogRulesScene scene({must_not_appear({.count = 2, .within = 5s})});
  scene.pass(1h);
  scene.read(LogReading::kBehind);
  scene.match(0, 20s);
  scene.match(0, 10s);
  EXPECT_EQ(scene.fires(), 0U);
  scene.match(0, 6s);
  EXPECT_EQ(scene.fires(), 1U);
}

// Goal: a clock that was set back neither hides a burst nor widens the window.
TEST(LogRules, LinesAreCountedInTheOrderOfTheirArrival) {
  LogRulesScene scene({must_not_appear({.count = 2, .within = 5s})});
  scene.pass(1h);
  scene.read(LogReading::kBehind);
  scene.match(0, 2s);
  scene.match(0, 25s);
  EXPECT_EQ(scene.fires(), 1U);
  scene.pass(10min);
  scene.match(0, -1h);
  scene.pass(6s);
  scene.match(0, -1h);
  EXPECT_EQ(scene.fires(), 0U);
}

TEST(LogRules, AHoldOffSuppressesAndCountsWhatFollows) {
  LogRulesScene scene({must_not_appear({})});
  scene.match(0);
  EXPECT_EQ(scene.fired().at(0).held_off, 0U);
  scene.match(0);
  scene.pass(5min - 1ns);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.status().held_off, 2U);
  scene.pass(1ns);
  scene.match(0);
  EXPECT_EQ(scene.fired().at(0).held_off, 2U);
  EXPECT_EQ(scene.status().held_off, 0U);
}

TEST(LogRules, EachRuleHasItsOwnHoldOff) {
  LogRule other = must_not_appear({});
  other.name = "other";
  other.hold_off = 0s;
  LogRulesScene scene({must_not_appear({}), other});
  for (int i = 0; i < 2; ++i) {
    scene.match(0);
    scene.match(1);
  }
  std::vector<std::string> names;
  for (const LogFiring& firing : scene.fired()) names.push_back(firing.rule);
  EXPECT_THAT(names, ElementsAre("bad", "other", "other"));
}

TEST(LogRules, AHoldOffOutlastsTheContainer) {
  LogRulesScene scene({must_not_appear({})});
  scene.match(0);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 1U);
  scene.pass(1s);
  scene.start();
  EXPECT_EQ(scene.status().standing, RuleStanding::kMet);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 0U);
  scene.pass(5min);
  scene.match(0);
  EXPECT_EQ(scene.fired().at(0).held_off, 2U);
}

TEST(LogRules, AStartForgetsTheLinesThatWereCounted) {
  LogRulesScene scene({must_not_appear({.count = 2, .within = 1h})});
  scene.match(0);
  scene.pass(1s);
  scene.start();
  scene.match(0);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.counts().lines, 1U);
}

TEST(LogRules, LinesFromBeforeTheStartChangeNothing) {
  LogRulesScene scene({must_not_appear({}), must_appear(30s), must_recur(10s), silence(10s)});
  scene.pass(5s);
  scene.read(LogReading::kBehind);
  const LogRules::State before = scene.log.save();
  for (std::uint16_t rule = 0; rule < 3; ++rule) scene.match(rule, 5s + 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.save(), before);
  scene.match(1, 5s);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

TEST(LogRules, WhileCatchingUpOldLinesDoNotFire) {
  LogRulesScene scene({must_not_appear({}), must_appear(1h)});
  scene.pass(10min);
  scene.read(LogReading::kBehind);
  scene.match(0, 30s + 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  EXPECT_EQ(scene.log.counts().too_old, 1U);
  scene.match(0, 30s);
  EXPECT_EQ(scene.fires(), 1U);
  // Readiness is a fact, however old.
  scene.match(1, 9min);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

TEST(LogRules, BeforeAContainerStartedNothingCounts) {
  LogRules log({must_not_appear({}), silence(1s)}, MonoTime(1h));
  EXPECT_THAT(log.on_lines({.from_stdout = {1, {}}, .matched = {{0, {}, "x"}}}, MonoTime(1h)),
              IsEmpty());
  log.on_skipped({}, MonoTime(1h));
  log.on_reading(LogReading::kCaughtUp, MonoTime(1h));
  EXPECT_EQ(log.next_deadline(), std::nullopt);
  EXPECT_EQ(log.standing_still_because(), "its container has not started");
  log.check_invariants();
}

TEST(LogRules, AMarkLastsUntilTheLinesHaveStopped) {
  LogRule rule = must_not_appear({.count = 2, .within = 1min}, HealthAction::kMark);
  rule.hold_off = 10s;
  LogRulesScene scene({rule, must_not_appear({})});
  scene.match(0);
  scene.match(1);
  EXPECT_THAT(scene.log.marks(), IsEmpty());
  scene.match(0);
  const LogMark mark{"bad", "2 lines within 1 m 0 s match 'refused'"};
  EXPECT_THAT(scene.log.marks(), ElementsAre(mark));
  scene.pass(50s);
  scene.match(0);
  scene.match(0);
  scene.pass(1min - 1ns);
  EXPECT_THAT(scene.log.marks(), ElementsAre(mark));
  scene.pass(1ns);
  EXPECT_THAT(scene.log.marks(), IsEmpty());
}

TEST(LogRules, AMarkDoesNotPassWhileNobodyReads) {
  LogRulesScene scene({must_not_appear({}, HealthAction::kMark)});
  scene.match(0);
  scene.read(LogReading::kReconnecting);
  scene.pass(24h);
  EXPECT_EQ(scene.log.marks().size(), 1U);
  scene.read(LogReading::kCaughtUp);
  scene.stall(10s);
  scene.pass(5min - 1ns);
  EXPECT_EQ(scene.log.marks().size(), 1U);
  scene.pass(1ns);
  EXPECT_THAT(scene.log.marks(), IsEmpty());
}

TEST(LogRules, WithoutAnythingToDoNothingIsDue) {
  LogRulesScene scene({must_not_appear({.count = 2, .within = 1min})});
  scene.match(0);
  EXPECT_EQ(scene.log.next_deadline(), std::nullopt);
  EXPECT_FALSE(scene.log.judges_readiness());
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
}

TEST(LogRules, AStartOfTheAgentForgetsNeitherHoldOffsNorWhatWasMet) {
  LogRulesScene scene(
      {must_not_appear({}, HealthAction::kMark), must_appear(30s), must_recur(10s)});
  scene.match(0);
  scene.match(1);
  scene.match(2);
  EXPECT_EQ(scene.fires(), 1U);
  scene.pass(1min);
  EXPECT_EQ(scene.fires(), 1U);  // 'alive', once; then it is held off.
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  EXPECT_EQ(scene.log.readiness(), LogReadiness::kReady);
  EXPECT_EQ(scene.log.marks().size(), 1U);
  EXPECT_EQ(scene.status(1).standing, RuleStanding::kMet);
  EXPECT_EQ(scene.status(2).standing, RuleStanding::kFaulty);
  EXPECT_EQ(scene.log.next_deadline(), std::nullopt);
  scene.read(LogReading::kCaughtUp);
  EXPECT_EQ(scene.log.next_deadline(), scene.now + 10s);
  scene.match(0);
  scene.pass(4min - 1ns);
  EXPECT_EQ(scene.fires(), 0U);
  scene.match(0, 5min + 1ns);  // Before the start of its container.
  scene.pass(1ns);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 1U);
}

TEST(LogRules, AfterAStartOfTheAgentAMarkLastsForItsWholeTime) {
  LogRulesScene scene({must_not_appear({}, HealthAction::kMark)});
  scene.match(0);
  scene.pass(4min);
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  scene.read(LogReading::kCaughtUp);
  scene.pass(5min - 1ns);
  EXPECT_EQ(scene.log.marks().size(), 1U);
  scene.pass(1ns);
  EXPECT_THAT(scene.log.marks(), IsEmpty());
}

// Goal: two bad lines before a start of the agent and one after it are three.
TEST(LogRules, AStartOfTheAgentGoesOnCountingTheLinesOfAWindow) {
  LogRulesScene scene({must_not_appear({.count = 3, .within = 1min})});
  scene.match(0);
  scene.pass(50s);
  scene.match(0);
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  scene.pass(9s);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 1U);
  scene.match(0);
  scene.match(0);
  scene.log = LogRules(scene.rules, scene.log.durable(), scene.now);
  scene.pass(2min);
  scene.match(0);
  EXPECT_EQ(scene.fires(), 0U) << "the window has passed";
}

TEST(LogRules, SuppressedFiringsDoNotChangeWhatMustBeStored) {
  LogRulesScene scene({must_not_appear({.count = 2, .within = 1min})});
  scene.match(0);
  scene.match(0);
  const LogRules::Durable durable = scene.log.durable();
  scene.pass(1s);
  for (int i = 0; i < 6; ++i) scene.match(0);
  EXPECT_EQ(scene.log.durable(), durable);
}

TEST(LogRules, OtherRulesStartAfresh) {
  LogRulesScene scene({must_not_appear({}), must_appear(30s)});
  scene.pass(1s);
  scene.match(0);
  scene.match(1);
  const LogRules::Durable durable = scene.log.durable();
  std::vector<LogRule> changed = scene.rules;
  std::get<MustNotAppear>(changed[0].condition).unless = "retrying";
  const LogRules afresh(changed, durable, scene.now);
  EXPECT_EQ(afresh.save(), LogRules(changed, scene.now).save());
  EXPECT_NE(LogRules(scene.rules, durable, scene.now).save(), afresh.save());
  // Instants of another boot: that of the firing, and that of the start, too.
  for (const MonoTime earlier : {scene.now - 1ns, scene.now - 2s}) {
    const LogRules restored(scene.rules, durable, earlier);
    EXPECT_EQ(restored.save(), LogRules(scene.rules, earlier).save());
  }
  LogRulesScene quiet({must_not_appear({})});
  const LogRules restored(quiet.rules, quiet.log.durable(), quiet.now - 1ns);
  EXPECT_EQ(restored.save(), LogRules(quiet.rules, quiet.now - 1ns).save());
}

TEST(LogRules, EveryFieldOfARuleIsPartOfItsFingerprint) {
  const std::vector<LogRule> rules = {
      must_not_appear({.pattern = "a", .unless = "b", .count = 2, .within = 1s}), must_appear(1s),
      must_recur(1s, 2s), silence(1s)};
  std::vector<std::vector<LogRule>> variants(12, rules);
  variants[0][0].name = "other";
  variants[1][0].stream = LogStream::kStderr;
  variants[2][0].action = HealthAction::kEvent;
  variants[3][0].hold_off = 1s;
  variants[4][0].condition = MustNotAppear{"ab", "", 2, 1s};
  variants[5][0].condition = MustNotAppear{"a", "b", 3, 1s};
  variants[6][0].condition = MustNotAppear{"a", "b", 2, 2s};
  variants[7][1].condition = MustAppear{"listening", 2s};
  variants[8][2].condition = MustRecur{"sensors", 2s, 2s};
  variants[9][2].condition = MustRecur{"sensors", 1s, 3s};
  variants[10][3].condition = LogSilence{2s};
  std::swap(variants[11][0], variants[11][1]);
  std::set<std::uint64_t> seen{fingerprint_of(rules)};
  for (const std::vector<LogRule>& variant : variants) seen.insert(fingerprint_of(variant));
  EXPECT_EQ(seen.size(), 13U);
}

TEST(LogRules, TakesAsManyRulesAsAWorkloadMayHave) {
  LogRulesScene scene(std::vector<LogRule>(kLogRulesMax, must_not_appear({})));
  scene.match(kLogRulesMax - 1);
  EXPECT_EQ(scene.fires(), 1U);
  EXPECT_DEATH(LogRules(std::vector<LogRule>(kLogRulesMax + 1, must_not_appear({})), scene.now),
               "kLogRulesMax");
}

}  // namespace
}  // namespace hearth::core
