#include "core/liveness/node_liveness.h"

#include <gtest/gtest.h>

#include "base/prng.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings{.heartbeat_interval = 500ms,
                                     .suspect_after = 3s,
                                     .dead_after = 10s,
                                     .dead_after_unconfirmed = 30s,
                                     .agent_down_grace = 30s};
constexpr MonoTime kStart{1h};

TEST(NodeLiveness, SilenceIsGradedByItsLength) {
  const NodeLiveness node(kSettings, kStart);

  EXPECT_EQ(node.grade_at(kStart + 3s - 1ns), Silence::kShort);
  EXPECT_EQ(node.grade_at(kStart + 3s), Silence::kSuspicious);
  EXPECT_EQ(node.grade_at(kStart + 10s - 1ns), Silence::kSuspicious);
  EXPECT_EQ(node.grade_at(kStart + 10s), Silence::kLong);
  EXPECT_EQ(node.grade_at(kStart + 30s), Silence::kUnconfirmed);
}

TEST(NodeLiveness, EachGradeNamesTheInstantOfTheNext) {
  NodeLiveness node(kSettings, kStart);
  Silence grade = node.on_tick(kStart);
  int changes = 0;
  while (const std::optional<MonoTime> next = node.next_deadline()) {
    EXPECT_EQ(node.grade_at(*next - 1ns), grade);
    EXPECT_NE(node.grade_at(*next), grade);
    grade = node.on_tick(*next);
    ++changes;
  }
  EXPECT_EQ(changes, 3);
}

TEST(NodeLiveness, AnAgedSignCountsFromItsSending) {
  NodeLiveness node(kSettings, kStart);
  node.on_sign(kStart + 5s, kStart + 8s);
  EXPECT_EQ(node.silence_at(kStart + 9s), 4s);

  node.on_sign(kStart + 2s, kStart + 8s);
  EXPECT_EQ(node.silence_at(kStart + 9s), 4s) << "a sign older than the last changes nothing";
}

TEST(NodeLiveness, TimeInWhichWeDidNotListenIsNotSilence) {
  NodeLiveness node(kSettings, kStart);
  node.on_stall(60s, kStart + 61s);
  EXPECT_EQ(node.silence_at(kStart + 61s), 1s);

  node.on_stall(1h, kStart + 62s);
  EXPECT_EQ(node.silence_at(kStart + 62s), 0s) << "an excuse never reaches into the future";
}

/// Listens until the next grade is due, and finds itself late by `lateness`.
MonoTime stall_at_the_deadline(NodeLiveness& node, Duration lateness) {
  const MonoTime now = *node.next_deadline() + lateness;
  node.on_stall(lateness, now);
  return now;
}

// Goal: what came while we stood still is received before the silence is graded by it, whichever
// grade was about to be reached.
TEST(NodeLiveness, AStallThatBeginsRightBeforeADeadlineLeavesAMarginAfterIt) {
  for (const Silence reached : {Silence::kShort, Silence::kSuspicious, Silence::kLong}) {
    NodeLiveness node(kSettings, kStart);
    while (node.grade_at(node.as_of()) != reached) node.on_tick(*node.next_deadline());
    const MonoTime now = stall_at_the_deadline(node, 9s);
    EXPECT_EQ(node.grade_at(now), reached) << "it neither gets worse at once, nor better";
    ASSERT_EQ(node.next_deadline(), now + kSettings.suspect_after / 2);
    EXPECT_NE(node.grade_at(*node.next_deadline()), reached);
    node.check_invariants();
  }
}

TEST(NodeLiveness, ADeadlineFurtherAwayMovesByTheLatenessAlone) {
  NodeLiveness node(kSettings, kStart);
  node.on_stall(9s, kStart + 10s);
  EXPECT_EQ(node.next_deadline(), kStart + 3s + 9s);
}

TEST(NodeLiveness, TheMarginNeverTakesAGradeBack) {
  LivenessSettings close = kSettings;
  close.dead_after = close.suspect_after + 100ms;
  NodeLiveness node(close, kStart);
  EXPECT_EQ(node.on_tick(*node.next_deadline()), Silence::kSuspicious);
  const MonoTime now = stall_at_the_deadline(node, 9s);
  EXPECT_EQ(node.grade_at(now), Silence::kSuspicious);
  EXPECT_EQ(node.next_deadline(), now + 100ms);
}

// Goal: a loop that is late at every step finds a dead node, and not much later than one that is
// late at none finds it. Method: each step is due at the next canary or deadline, and late.
TEST(NodeLiveness, ConstantLatenessPutsASilenceOffByNoMoreThanItself) {
  constexpr Duration kLate = 300ms;
  NodeLiveness node(kSettings, kStart);
  MonoTime now = kStart;
  Duration late{0};
  while (node.on_tick(now) != Silence::kUnconfirmed) {
    now = std::min(now + 250ms, *node.next_deadline()) + kLate;
    node.on_stall(kLate, now);
    late += kLate;
    ASSERT_LT(now, kStart + 10min);
  }
  EXPECT_LE(now, kStart + kSettings.dead_after_unconfirmed + late + kSettings.suspect_after);
}

TEST(NodeLiveness, EachSilenceHasItsOwnMargin) {
  NodeLiveness node(kSettings, kStart);
  for (int silence = 0; silence < 5; ++silence) {
    const MonoTime now = stall_at_the_deadline(node, 9s);
    EXPECT_EQ(node.next_deadline(), now + kSettings.suspect_after / 2) << silence;
    if (silence % 2 == 0) node.on_sign(now + 1s, now + 1s);
    if (silence % 2 == 1) node.on_bus_restored(now + 1s);
  }
}

TEST(NodeLiveness, ARestoredBusEndsTheSilenceSoFar) {
  NodeLiveness node(kSettings, kStart);
  node.on_bus_restored(kStart + 9s);
  EXPECT_EQ(node.grade_at(kStart + 11s), Silence::kShort);
}

// Goal: no order of signs, stalls and restored buses makes a silence negative or longer than the
// real one.
TEST(NodeLiveness, SilenceStaysBetweenZeroAndTheRealOne) {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Prng prng(seed);
    NodeLiveness node(kSettings, kStart);
    MonoTime now = kStart;
    MonoTime last_sign = kStart;
    for (int step = 0; step < 30; ++step) {
      now += std::chrono::milliseconds(prng.below(4000));
      const MonoTime past = now - std::chrono::milliseconds(prng.below(2000));
      switch (prng.below(3)) {
        case 0:
          node.on_sign(past, now);
          last_sign = std::max(last_sign, past);
          break;
        case 1: node.on_stall(std::chrono::milliseconds(prng.below(9000)), now); break;
        case 2: node.on_bus_restored(now); break;
        default: FAIL();
      }
      node.check_invariants();
      EXPECT_EQ(NodeLiveness(kSettings, node.save()).next_deadline(), node.next_deadline());
      EXPECT_GE(node.silence_at(now), 0ns);
      EXPECT_LE(node.silence_at(now), now - last_sign);
    }
  }
}

TEST(NodeLivenessDeathTest, TimeMustNotRunBackwards) {
  NodeLiveness node(kSettings, kStart);
  EXPECT_DEATH(node.silence_at(kStart - 1ns), "check failed");
}

}  // namespace
}  // namespace hearth::core
