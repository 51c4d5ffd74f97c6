#include "core/recovery/recovery_ladder.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using SameIncarnation = RecoveryLadder::SameIncarnation;

constexpr RecoverySettings kSettings{.boot_timeout = 2min,
                                     .switch_timeout = 30s,
                                     .attempts_max = 3,
                                     .backoff_min = 10s,
                                     .backoff_max = 10min};
constexpr MonoTime kStart{1h};
const Result<void> kOk;
const Result<void> kBroken = fail(ErrorCode::kFailed, "no such port");
const Result<void> kNoRoom = fail(ErrorCode::kExhausted, "16 power programs run already");

RecoveryLadder booting(MonoTime now) {
  RecoveryLadder ladder(kSettings, {}, now);
  ladder.on_dead(now);
  ladder.on_switched(PowerVerb::kOff, kOk, now);
  ladder.on_switched(PowerVerb::kOn, kOk, now);
  ladder.take_verb();
  return ladder;
}

TEST(RecoveryLadder, SwitchesOffThenOnThenWaitsForANewIncarnation) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
  EXPECT_EQ(ladder.take_verb(), std::nullopt) << "issued once";
  ladder.on_switched(PowerVerb::kOff, kOk, kStart + 1s);
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOn);
  ladder.on_switched(PowerVerb::kOn, kOk, kStart + 2s);
  EXPECT_EQ(ladder.take_verb(), std::nullopt);
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kBooting);

  EXPECT_FALSE(ladder.on_heartbeat(SameIncarnation::kYes, kStart + 3s))
      << "a late message of the old incarnation";
  EXPECT_TRUE(ladder.on_heartbeat(SameIncarnation::kNo, kStart + 4s));
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kNone);
  EXPECT_EQ(ladder.next_deadline(), std::nullopt);
}

TEST(RecoveryLadder, ANodeThatIsStillBootingIsNotSwitchedAgain) {
  RecoveryLadder ladder = booting(kStart);
  ladder.on_dead(kStart + 1min);
  ladder.on_tick(kStart + 2min - 1ns);
  EXPECT_EQ(ladder.take_verb(), std::nullopt);
}

TEST(RecoveryLadder, BacksOffAndEndsInQuarantine) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  ladder.on_dead(now);
  for (const Duration wait : {10s, 20s}) {
    EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
    ladder.on_switched(PowerVerb::kOff, kBroken, now);
    EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kWaiting);
    EXPECT_EQ(ladder.next_deadline(), now + wait);
    now += wait;
    ladder.on_tick(now);
  }
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
  ladder.on_switched(PowerVerb::kOff, kBroken, now);
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kQuarantined);
  EXPECT_EQ(ladder.recovery().reason, "power off failed: no such port");
  ladder.on_dead(now + 1h);
  EXPECT_EQ(ladder.take_verb(), std::nullopt)
      << "only a sign of life or an operator ends a quarantine";
  EXPECT_TRUE(ladder.on_heartbeat(SameIncarnation::kYes, now + 2h));
}

TEST(RecoveryLadder, ANodeThatDiesAfterEveryRecoveryEndsInQuarantine) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  for (int outage = 0; outage < 3; ++outage) {
    ladder.on_dead(now);
    ladder.on_switched(PowerVerb::kOff, kOk, now);
    ladder.on_switched(PowerVerb::kOn, kOk, now);
    ASSERT_TRUE(ladder.on_heartbeat(SameIncarnation::kNo, now));
    now += 1min;
  }
  ladder.on_dead(now);
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kQuarantined);
}

TEST(RecoveryLadder, AttemptsAreForgottenAfterAHealthySpell) {
  RecoveryLadder ladder = booting(kStart);
  ladder.on_heartbeat(SameIncarnation::kNo, kStart);
  ladder.on_dead(kStart + kSettings.backoff_max);
  EXPECT_EQ(ladder.recovery().attempt, 1U);
}

// Goal: killed between any two steps and restarted, the ladder issues the same verb or a later one,
// never an off after its on.
TEST(RecoveryLadder, ARestartResumesWithTheVerbOfThePhase) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  ladder = RecoveryLadder(kSettings, ladder.recovery(), kStart);
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
  ladder.on_switched(PowerVerb::kOff, kOk, kStart);
  ladder = RecoveryLadder(kSettings, ladder.recovery(), kStart);
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOn);
  ladder.on_switched(PowerVerb::kOn, kOk, kStart);
  ladder = RecoveryLadder(kSettings, ladder.recovery(), kStart);
  EXPECT_EQ(ladder.take_verb(), std::nullopt);
  EXPECT_TRUE(ladder.on_heartbeat(SameIncarnation::kNo, kStart));
}

TEST(RecoveryLadder, ADriverThatNeverAnswersIsAFailedAttempt) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  ladder.on_tick(*ladder.next_deadline());
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kWaiting);
  ladder.on_switched(PowerVerb::kOff, kOk, kStart + 1h);
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kWaiting) << "its late answer changes nothing";
}

// Goal: when many nodes die at once, those whose turn at the driver comes late keep their attempts.
TEST(RecoveryLadder, WaitingForATurnUsesUpNoAttemptAndNoTimeForTheAnswer) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  ladder.on_dead(now);
  for (const PowerVerb verb : {PowerVerb::kOff, PowerVerb::kOn}) {
    for (int i = 0; i < 20; ++i) {
      EXPECT_EQ(ladder.take_verb(), verb) << i;
      now += 20s;
      ladder.on_switched(verb, kNoRoom, now);
      EXPECT_EQ(ladder.take_verb(), std::nullopt);
      EXPECT_EQ(ladder.next_deadline(), now + kSettings.backoff_min);
      now += kSettings.backoff_min;
      ladder.on_tick(now);
      EXPECT_EQ(ladder.next_deadline(), now + 2 * kSettings.switch_timeout) << "as at first";
      EXPECT_EQ(ladder.recovery().attempt, 1U);
    }
    ladder.on_switched(verb, kOk, now);
  }
  EXPECT_EQ(ladder.recovery().phase, RecoveryPhase::kBooting);
}

// Goal: a node that comes back while it waits for its turn is not switched off when the turn comes.
TEST(RecoveryLadder, ANodeThatIsReceivedBeforeItsTurnIsLeftAloneAndUsesNoAttempt) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  EXPECT_FALSE(ladder.on_heartbeat(SameIncarnation::kYes, kStart)) << "it may have begun";
  ladder.on_switched(PowerVerb::kOff, kNoRoom, kStart);
  EXPECT_TRUE(ladder.on_heartbeat(SameIncarnation::kYes, kStart + 1s));
  EXPECT_EQ(ladder.recovery(), Recovery{});
  EXPECT_EQ(ladder.next_deadline(), std::nullopt);
  ladder.on_dead(kStart + 2s);
  EXPECT_EQ(ladder.recovery().attempt, 1U) << "not the second";
}

TEST(RecoveryLadder, ANodeThatIsOffAndWaitsToBeSwitchedOnIsSwitchedOn) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  ladder.on_switched(PowerVerb::kOff, kOk, kStart);
  ladder.on_switched(PowerVerb::kOn, kNoRoom, kStart);
  EXPECT_FALSE(ladder.on_heartbeat(SameIncarnation::kYes, kStart)) << "a late message";
  ladder.on_tick(*ladder.next_deadline());
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOn);
}

TEST(RecoveryLadder, ANodeInLineHasTimeToBeReceivedOnceTheBusCarriesAgain) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_dead(kStart);
  ladder.on_switched(PowerVerb::kOff, kNoRoom, kStart);
  ladder.on_bus_restored(kStart + 1h);
  ladder.on_tick(kStart + 1h);
  ladder.take_verb();
  EXPECT_EQ(ladder.next_deadline(), kStart + 1h + kSettings.backoff_min);
}

// Goal: what happened while we stood still is received before anything is done about it.
TEST(RecoveryLadder, OurOwnLatenessCountsNeitherAgainstTheDriverNorAgainstTheNode) {
  RecoveryLadder switching(kSettings, {}, kStart);
  switching.on_dead(kStart);
  EXPECT_EQ(switching.take_verb(), PowerVerb::kOff);
  switching.on_stall(1h, kStart + 1h);
  switching.on_tick(kStart + 1h);
  switching.on_switched(PowerVerb::kOff, kOk, kStart + 1h);
  EXPECT_EQ(switching.take_verb(), PowerVerb::kOn);

  RecoveryLadder waiting(kSettings, {}, kStart);
  waiting.on_dead(kStart);
  waiting.on_switched(PowerVerb::kOff, kBroken, kStart);
  EXPECT_EQ(waiting.take_verb(), std::nullopt);
  waiting.on_stall(1h, kStart + 1h);
  waiting.on_tick(kStart + 1h);
  EXPECT_EQ(waiting.take_verb(), std::nullopt) << "the node may have come back meanwhile";
  waiting.on_tick(kStart + 1h + kSettings.backoff_min);
  EXPECT_EQ(waiting.take_verb(), PowerVerb::kOff);
}

// Goal: a manager that is often a little late does not wait for a node forever.
TEST(RecoveryLadder, ManyShortStallsAddUpToNoMoreThanTheirSum) {
  RecoveryLadder ladder = booting(kStart);
  MonoTime now = kStart;
  Duration late{0};
  while (ladder.recovery().phase == RecoveryPhase::kBooting) {
    now += 10s;
    ladder.on_stall(300ms, now);
    late += 300ms;
    ladder.on_tick(now);
    ladder.on_tick(now + 1s);
    ASSERT_LT(now, kStart + 2 * kSettings.boot_timeout);
  }
  EXPECT_LE(now, kStart + kSettings.boot_timeout + late + 10s);
}

// Goal: neither does a manager that is late at every step. Method: each step is due at the next
// canary or deadline, and late.
TEST(RecoveryLadder, ConstantLatenessPutsAWaitOffByNoMoreThanItself) {
  constexpr Duration kLate = 300ms;
  RecoveryLadder ladder = booting(kStart);
  MonoTime now = kStart;
  Duration late{0};
  while (ladder.recovery().phase == RecoveryPhase::kBooting) {
    now = std::min(now + 250ms, *ladder.next_deadline()) + kLate;
    late += kLate;
    ladder.on_stall(kLate, now);
    ladder.on_tick(now);
    ASSERT_LT(now, kStart + 10 * kSettings.boot_timeout);
  }
  EXPECT_LE(now, kStart + kSettings.boot_timeout + late + 2 * kSettings.backoff_min);
}

// Goal: a node that came back during a second stall is received, too.
TEST(RecoveryLadder, ASecondStallHasItsMargin) {
  RecoveryLadder ladder = booting(kStart);
  for (const Duration margin : {kSettings.backoff_min, kSettings.backoff_min / 2}) {
    const MonoTime now = *ladder.next_deadline() + 1h;
    ladder.on_stall(1h, now);
    EXPECT_EQ(ladder.next_deadline(), now + margin);
  }
}

TEST(RecoveryLadder, ANodeThatWasFoundDeadHasTimeToBeReceivedAfterAStall) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_found_unattended();
  ladder.on_bus_restored(kStart);
  const MonoTime now = kStart + kSettings.backoff_min + 1h;
  ladder.on_stall(1h, now);
  ladder.on_tick(now);
  EXPECT_EQ(ladder.take_verb(), std::nullopt);
  ladder.on_tick(now + kSettings.backoff_min);
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
}

// Goal: a node that died before it had a power driver is brought back once it has one, but first
// has its time to be received.
TEST(RecoveryLadder, ANodeThatWasFoundDeadIsBroughtBackOnceTheBusCarriedForABackoff) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_found_unattended();
  EXPECT_EQ(ladder.next_deadline(), std::nullopt) << "nothing can be received yet";
  ladder.on_bus_restored(kStart + 1s);
  EXPECT_EQ(ladder.next_deadline(), kStart + 1s + kSettings.backoff_min);
  ladder.on_tick(*ladder.next_deadline() - 1ns);
  EXPECT_EQ(ladder.take_verb(), std::nullopt);
  ladder.on_tick(*ladder.next_deadline());
  EXPECT_EQ(ladder.take_verb(), PowerVerb::kOff);
}

TEST(RecoveryLadder, ANodeThatWasFoundDeadAndIsReceivedIsLeftAlone) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  ladder.on_found_unattended();
  ladder.on_bus_restored(kStart);
  ladder.on_live();
  EXPECT_EQ(ladder.next_deadline(), std::nullopt);
  ladder.on_bus_restored(kStart + 1s);
  EXPECT_EQ(ladder.next_deadline(), std::nullopt);
}

// Properties.
// -------------------------------------------------------------------------------------

/// Lets one arbitrary thing happen to the ladder.
void anything(RecoveryLadder& ladder, MonoTime now) {
  const auto outcome = [] { return *rc::gen::element(kOk, kBroken, kNoRoom); };
  switch (*rc::gen::inRange(0, 7)) {
    case 0: return ladder.on_dead(now);
    case 1: return ladder.on_switched(PowerVerb::kOff, outcome(), now);
    case 2: return ladder.on_switched(PowerVerb::kOn, outcome(), now);
    case 3:
      return (void)ladder.on_heartbeat(
          *rc::gen::element(SameIncarnation::kYes, SameIncarnation::kNo), now);
    case 4: return ladder.on_tick(now);
    case 5: return ladder.on_stall(1s, now);
    case 6: return ladder.on_bus_restored(now);
  }
}

// Goal: whatever happens in whatever order, the off of an attempt is never issued again after its
// on, there are never more attempts than allowed, and a manager that is killed and restarted from
// what was stored issues the verb of the phase and nothing else.
RC_GTEST_PROP(RecoveryLadderProperties, NeverSwitchesOffWhatItSwitchedOnInTheSameAttempt, ()) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  std::uint32_t attempt_of_on = 0;
  const int length = *rc::gen::inRange(1, 80);
  for (int i = 0; i < length; ++i) {
    now += std::chrono::seconds(*rc::gen::inRange(0, 200));
    if (*rc::gen::inRange(0, 5) == 0) ladder = RecoveryLadder(kSettings, ladder.recovery(), now);
    if (*rc::gen::inRange(0, 5) == 0) ladder = RecoveryLadder(kSettings, ladder.save());
    anything(ladder, now);
    ladder.check_invariants();
    RC_ASSERT(ladder.recovery().attempt <= kSettings.attempts_max);
    const bool begins = ladder.recovery().phase == RecoveryPhase::kNone;
    if (begins) attempt_of_on = 0;
    const std::optional<PowerVerb> verb = ladder.take_verb();
    if (verb == PowerVerb::kOn) attempt_of_on = ladder.recovery().attempt;
    if (verb == PowerVerb::kOff) RC_ASSERT(ladder.recovery().attempt > attempt_of_on);
  }
}

// Goal: an attempt counts once the driver began it, however often it had no capacity before.
// Method: a driver that answers each verb, in any way; the node dies and comes back at any time.
RC_GTEST_PROP(RecoveryLadderProperties, CountsOnlyAttemptsThatBegan, ()) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  std::uint32_t begun = 0;
  for (int i = *rc::gen::inRange(1, 80); i > 0; --i) {
    now += 1s;
    switch (*rc::gen::inRange(0, 3)) {
      case 0: ladder.on_dead(now); break;
      case 1:
        ladder.on_heartbeat(*rc::gen::element(SameIncarnation::kYes, SameIncarnation::kNo), now);
        break;
      case 2: ladder.on_tick(now = std::max(now, ladder.next_deadline().value_or(now))); break;
    }
    for (std::optional<PowerVerb> verb = ladder.take_verb(); verb; verb = ladder.take_verb()) {
      const Result<void> outcome = *rc::gen::element(kOk, kBroken, kNoRoom);
      const bool begins = outcome || outcome.error().code != ErrorCode::kExhausted;
      if (verb == PowerVerb::kOff && begins) ++begun;
      ladder.on_switched(*verb, outcome, now);
      ladder.check_invariants();
    }
    const bool is_under_way = ladder.recovery().phase == RecoveryPhase::kSwitchingOff;
    RC_ASSERT(ladder.recovery().attempt <= begun + (is_under_way ? 1 : 0));
  }
}

// Goal: a node that does not come back ends in quarantine, a node that does is live: nothing
// waits forever.
RC_GTEST_PROP(RecoveryLadderProperties, EndsOnceDeadlinesPass, ()) {
  RecoveryLadder ladder(kSettings, {}, kStart);
  MonoTime now = kStart;
  for (int i = *rc::gen::inRange(1, 40); i > 0; --i) anything(ladder, now += 1s);
  for (int i = 0; i < 100 && ladder.next_deadline(); ++i) {
    now = std::max(now, *ladder.next_deadline());
    ladder.on_tick(now);
  }
  const RecoveryPhase phase = ladder.recovery().phase;
  RC_ASSERT(phase == RecoveryPhase::kNone || phase == RecoveryPhase::kQuarantined);
}

}  // namespace
}  // namespace hearth::core
