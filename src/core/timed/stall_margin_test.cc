#include "core/timed/stall_margin.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};
constexpr Duration kMost = 600ms;

TEST(StallMargin, ADeadlineThatTheStallCutOffIsPutOffByAMargin) {
  StallMargin margin;
  EXPECT_EQ(margin.put_off(kStart, {.lateness = 9s, .ended_at = kStart + 9s}, kMost),
            kStart + 9s + kMost);
}

TEST(StallMargin, OneThatIsFurtherAwayIsPutOffByTheLatenessAlone) {
  StallMargin margin;
  const Stall stall{.lateness = 9s, .ended_at = kStart + 9s};
  EXPECT_EQ(margin.put_off(kStart + kMost, stall, kMost), kStart + 9s + kMost);
  EXPECT_EQ(margin, StallMargin{}) << "nothing of the margin is used up";
  EXPECT_EQ(margin.put_off(kStart + 200ms, stall, kMost), kStart + 9s + kMost);
}

TEST(StallMargin, ItIsNoLongerThanTheStall) {
  StallMargin margin;
  EXPECT_EQ(margin.put_off(kStart, {.lateness = 50ms, .ended_at = kStart + 50ms}, kMost),
            kStart + 100ms);
}

TEST(StallMargin, WhatWasOverdueBeforeTheStallHasNoMoreThanThatEither) {
  StallMargin margin;
  EXPECT_EQ(margin.put_off(kStart - 1min, {.lateness = 9s, .ended_at = kStart + 9s}, kMost),
            kStart + 9s + kMost);
}

// Goal: whatever number of stalls begin right before the deadline, each leaves some time after it,
// and together they put it off by no more than twice the margin.
TEST(StallMargin, EachStallOfOneWaitGetsHalfOfWhatIsLeft) {
  StallMargin margin;
  Duration given{0};
  MonoTime deadline = kStart;
  for (const Duration expected : {600ms, 300ms, 150ms, 75ms}) {
    const MonoTime ended_at = deadline + 5s;
    deadline = margin.put_off(deadline, {.lateness = 5s, .ended_at = ended_at}, kMost);
    EXPECT_EQ(deadline - ended_at, expected);
    given += expected;
  }
  for (int i = 0; i < 100; ++i) {
    const MonoTime ended_at = deadline + 5s;
    deadline = margin.put_off(deadline, {.lateness = 5s, .ended_at = ended_at}, kMost);
    given += deadline - ended_at;
  }
  EXPECT_LE(given, 2 * kMost);
}

TEST(StallMargin, AnotherWaitHasAllOfIt) {
  StallMargin margin;
  const Stall stall{.lateness = 9s, .ended_at = kStart + 9s};
  (void)margin.put_off(kStart, stall, kMost);
  margin.renew();
  EXPECT_EQ(margin.put_off(kStart, stall, kMost), kStart + 9s + kMost);
}

TEST(StallMargin, AShorterMarginThanWasGivenIsNone) {
  StallMargin margin;
  const Stall stall{.lateness = 9s, .ended_at = kStart + 9s};
  (void)margin.put_off(kStart, stall, kMost);
  EXPECT_EQ(margin.put_off(kStart, stall, 100ms), kStart + 9s);
}

}  // namespace
}  // namespace hearth::core
