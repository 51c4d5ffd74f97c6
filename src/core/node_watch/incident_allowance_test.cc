#include "core/node_watch/incident_allowance.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

/// How many of `count` at once become events.
std::uint32_t taken(IncidentAllowance& allowance, std::uint32_t count, MonoTime now) {
  std::uint32_t all = 0;
  for (std::uint32_t i = 0; i < count; ++i) all += allowance.take(now) ? 1 : 0;
  allowance.check_invariants();
  return all;
}

TEST(IncidentAllowance, ABurstBecomesEventsAndThenOneAtATime) {
  IncidentAllowance allowance;
  EXPECT_EQ(taken(allowance, 1000, kStart), IncidentAllowance::kBurstMax);
  EXPECT_EQ(taken(allowance, 1000, kStart + IncidentAllowance::kRefill - 1ms), 0U);
  EXPECT_EQ(taken(allowance, 1000, kStart + IncidentAllowance::kRefill), 1U);
  EXPECT_EQ(taken(allowance, 1000, kStart + 24h), IncidentAllowance::kBurstMax)
      << "what was not used for long does not add up";
}

TEST(IncidentAllowance, WhatIsLeftOutIsReportedOnceTheFloodIsOver) {
  IncidentAllowance allowance;
  EXPECT_EQ(allowance.take_left_out(kStart), 0U);
  (void)taken(allowance, IncidentAllowance::kBurstMax + 7, kStart);
  EXPECT_EQ(allowance.left_out(), 7U);
  EXPECT_EQ(allowance.take_left_out(kStart + IncidentAllowance::kCalm - 1ms), 0U);
  (void)taken(allowance, 12, kStart + IncidentAllowance::kCalm - 1ms);
  EXPECT_EQ(allowance.take_left_out(kStart + IncidentAllowance::kCalm), 0U) << "it goes on";
  const MonoTime calm = kStart + 2 * IncidentAllowance::kCalm;
  const std::uint64_t left_out = allowance.left_out();
  EXPECT_GT(left_out, 7U);
  EXPECT_EQ(allowance.take_left_out(calm), left_out);
  EXPECT_EQ(allowance.take_left_out(calm), 0U);
}

TEST(IncidentAllowance, ACopyOfItsStateBehavesLikeIt) {
  IncidentAllowance allowance;
  (void)taken(allowance, IncidentAllowance::kBurstMax + 7, kStart);
  IncidentAllowance copy(allowance.save());
  const MonoTime later = kStart + 10min;
  EXPECT_EQ(copy.take_left_out(later), 7U);
  EXPECT_EQ(taken(copy, 200, later), taken(allowance, 200, later));
}

}  // namespace
}  // namespace hearth::core
