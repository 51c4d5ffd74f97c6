#include "shell/log/log_limit.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

using namespace std::chrono_literals;
constexpr MonoTime kStart{1h};

TEST(LogLimit, AdmitsOneLinePerPeriodAndCountsTheSuppressed) {
  LogLimit limit;
  EXPECT_EQ(limit.admit("a", kStart), 0U);
  for (int i = 1; i <= 5; ++i) EXPECT_EQ(limit.admit("a", kStart + i * 1s), std::nullopt);
  EXPECT_EQ(limit.admit("b", kStart + 5s), 0U) << "each kind has its own limit";
  EXPECT_EQ(limit.admit("a", kStart + LogLimit::kPeriod), 5U);
  EXPECT_EQ(limit.admit("a", kStart + 2 * LogLimit::kPeriod), 0U);
}

TEST(LogLimit, ItsMemoryIsBounded) {
  LogLimit limit;
  for (std::size_t i = 0; i < 3 * LogLimit::kKindsMax; ++i) {
    EXPECT_EQ(limit.admit(std::to_string(i), kStart), 0U);
  }
}

}  // namespace
}  // namespace hearth
