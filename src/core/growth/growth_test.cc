#include "core/growth/growth.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

/// Spans of 15 seconds at these levels.
std::vector<LevelSpan> spans_of(const std::vector<std::uint64_t>& levels) {
  std::vector<LevelSpan> spans;
  for (const std::uint64_t level : levels)
    spans.push_back({kStart + LevelHistory::kSpanMin * spans.size(), level, level});
  return spans;
}

std::optional<Growth> judge(const std::vector<std::uint64_t>& levels, std::uint64_t limit) {
  const std::vector<LevelSpan> spans = spans_of(levels);
  return growth_of(spans, limit, spans.back().begin + LevelHistory::kSpanMin);
}

std::vector<std::uint64_t> rising(std::uint64_t from, std::uint64_t by, int times) {
  std::vector<std::uint64_t> levels;
  for (int i = 0; i < times; ++i) levels.push_back(from + by * static_cast<std::uint64_t>(i));
  return levels;
}

TEST(Growth, OfALineIsItsSlope) {
  const auto growth = judge(rising(1000, 10, 20), 1400);
  ASSERT_TRUE(growth);
  EXPECT_NEAR(growth->per_minute, 40, 0.01);
  // 210 units are left at 40 a minute, 15 s of which have passed.
  EXPECT_EQ(std::chrono::round<std::chrono::seconds>(growth->full_in), 300s);
  EXPECT_FALSE(growth->is_sure) << "it was seen for less than twice that";
}

TEST(Growth, IsSureOnceItWasSeenForTwiceWhatIsLeft) {
  const auto growth = judge(rising(1000, 10, 32), 1400);
  ASSERT_TRUE(growth);
  EXPECT_TRUE(growth->is_sure);
  EXPECT_LT(growth->full_in, 3min);
}

TEST(Growth, AtOrBeyondTheLimitHasNoTimeLeft) {
  const auto growth = judge(rising(1000, 10, 32), 1100);
  ASSERT_TRUE(growth);
  EXPECT_EQ(growth->full_in, 0s);
}

TEST(Growth, NeedsMoreThanNoise) {
  EXPECT_FALSE(judge(rising(100'000, 10, 32), 1'000'000)) << "0.03 % of the limit";
  EXPECT_FALSE(judge({5, 5, 5, 6, 6, 6, 7, 7, 7, 8, 8, 8}, 10)) << "three units";
}

TEST(Growth, IsNoStep) {
  std::vector<std::uint64_t> levels(20, 100);
  levels.insert(levels.end(), 6, 800);
  EXPECT_FALSE(judge(levels, 1000));
}

TEST(Growth, IgnoresWhatRoseSinceItFellBack) {
  std::vector<std::uint64_t> levels = rising(100, 40, 20);
  const std::vector<std::uint64_t> again = rising(100, 40, 20);
  levels.insert(levels.end(), again.begin(), again.end());
  EXPECT_FALSE(judge(levels, 1000));
  // A quarter above the highest peak it is another matter.
  for (const std::uint64_t level : rising(900, 40, 6)) levels.push_back(level);
  EXPECT_TRUE(judge(levels, 1200));
}

TEST(Growth, OfTroughsCounts) {
  std::vector<std::uint64_t> levels;
  for (std::uint64_t trough = 100; trough < 700; trough += 50) {
    for (const std::uint64_t above : {0, 100, 200, 300}) levels.push_back(trough + above);
  }
  const auto growth = judge(levels, 800);
  ASSERT_TRUE(growth);
  EXPECT_NEAR(growth->per_minute, 50, 10);
}

TEST(Growth, OfNothingIsNone) {
  EXPECT_FALSE(growth_of({}, 100, kStart));
  EXPECT_FALSE(judge({1}, 100));
  EXPECT_FALSE(judge(std::vector<std::uint64_t>(40, 0), 0));
}

}  // namespace
}  // namespace hearth::core
