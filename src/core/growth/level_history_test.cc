#include "core/growth/level_history.h"

#include <algorithm>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

TEST(LevelHistory, ASpanHasTheLowestAndTheHighestLevel) {
  LevelHistory history;
  EXPECT_FALSE(history.add(5, 1h, kStart));
  EXPECT_FALSE(history.add(9, 1h, kStart + 5s));
  EXPECT_FALSE(history.add(3, 1h, kStart + 10s));
  EXPECT_TRUE(history.add(100, 1h, kStart + 15s));
  EXPECT_EQ(history.spans, (std::vector<LevelSpan>{{kStart, 3, 9}}));
}

TEST(LevelHistory, AGapMakesItsSpanLonger) {
  LevelHistory history;
  history.add(5, 1h, kStart);
  EXPECT_TRUE(history.add(7, 1h, kStart + 10min));
  EXPECT_TRUE(history.add(8, 1h, kStart + 11min));
  EXPECT_EQ(history.spans, (std::vector<LevelSpan>{{kStart, 5, 5}, {kStart + 10min, 7, 7}}));
}

// Goal: in an hour the spans are as fine as minutes need and as few as an hour allows.
TEST(LevelHistory, AnOldSpanIsAboutASixthOfItsAge) {
  LevelHistory history;
  MonoTime now = kStart;
  for (; now < kStart + 1h; now += 5s) history.add(1, 1h, now);
  const std::vector<LevelSpan>& spans = history.spans;
  EXPECT_EQ(spans.size(), LevelHistory::kSpansMax);
  for (std::size_t i = 0; i + 1 < spans.size(); ++i) {
    const Duration length = spans[i + 1].begin - spans[i].begin;
    const Duration age = now - spans[i].begin;
    EXPECT_TRUE(length == LevelHistory::kSpanMin || length < age / 4) << i;
  }
}

RC_GTEST_PROP(LevelHistoryProperties, LosesNoExtremeAndStaysBounded, ()) {
  LevelHistory history;
  MonoTime now = kStart;
  std::vector<std::uint64_t> added;
  const auto levels =
      *rc::gen::container<std::vector<std::uint64_t>>(rc::gen::arbitrary<std::uint64_t>());
  for (const std::uint64_t level : levels) {
    if (history.add(level, 24h, now)) RC_ASSERT(!added.empty());
    added.push_back(level);
    now += std::chrono::seconds(*rc::gen::inRange(1, 100));
    RC_ASSERT(history.spans.size() <= LevelHistory::kSpansMax);
  }
  const std::optional<LevelSpan>& open = history.open;
  if (!open) return;
  std::uint64_t low = open->low;
  std::uint64_t high = open->high;
  MonoTime before = MonoTime{};
  for (const LevelSpan& span : history.spans) {
    RC_ASSERT(span.begin > before);
    before = span.begin;
    low = std::min(low, span.low);
    high = std::max(high, span.high);
  }
  RC_ASSERT(low == *std::min_element(added.begin(), added.end()));
  RC_ASSERT(high == *std::max_element(added.begin(), added.end()));
}

TEST(LevelHistory, ForgetsWhatIsBeyondItsHorizon) {
  LevelHistory history;
  for (MonoTime now = kStart; now < kStart + 3h; now += 5s) history.add(1, 1h, now);
  EXPECT_GE(history.spans[1].begin, kStart + 2h - LevelHistory::kSpanMin);
}

}  // namespace
}  // namespace hearth::core
