#include "cli/log_merge.h"

#include <vector>

#include <gmock/gmock.h>

namespace hearth::cli {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr Duration kPatience = 500ms;

class LogMergeTest : public testing::Test {
 protected:
  /// What is known by now.
  std::vector<std::string> lines() {
    std::vector<std::string> all;
    while (auto line = merge.next(now)) all.push_back(line->origin.instance + line->text);
    return all;
  }

  MonoTime now{1h};
  LogMerge merge{kPatience};
  const LogMerge::LogId a = merge.open({"a", "n1"}, now);
  const LogMerge::LogId b = merge.open({"b", "n2"}, now);
};

TEST_F(LogMergeTest, OrdersByTimeOnceEachLogHasALine) {
  merge.put(a, "01", "1", now);
  merge.put(a, "04", "2", now);
  EXPECT_THAT(lines(), IsEmpty()) << "b may have an earlier one";
  merge.put(b, "02", "1", now);
  merge.put(b, "03", "2", now);
  EXPECT_THAT(lines(), ElementsAre("a1", "b1", "b2"));
  EXPECT_FALSE(merge.empty()) << "b may have one before 04";
  merge.close(b);
  EXPECT_THAT(lines(), ElementsAre("a2"));
  EXPECT_TRUE(merge.empty());
}

TEST_F(LogMergeTest, LinesOfOneTimeKeepTheirOrder) {
  merge.put(b, "01", "1", now);
  merge.put(b, "01", "2", now);
  merge.put(b, "", "3", now);
  merge.put(a, "01", "1", now);
  merge.close(a);
  merge.close(b);
  EXPECT_THAT(lines(), ElementsAre("a1", "b1", "b2", "b3"));
}

TEST_F(LogMergeTest, ASlowLogHoldsOthersUpForAMoment) {
  merge.put(a, "05", "1", now);
  EXPECT_EQ(merge.next_deadline(), now + kPatience);
  now += kPatience - 1ms;
  EXPECT_THAT(lines(), IsEmpty());
  now += 1ms;
  EXPECT_THAT(lines(), ElementsAre("a1"));
  merge.put(b, "01", "late", now);
  now += kPatience;
  EXPECT_THAT(lines(), ElementsAre("blate"));
}

// Goal: a quiet log does not slow down a busy one, and lines of the same moment are still ordered.
// Method: b has been quiet for long; a line of a is held only as long as one of b may be on its
// way.
TEST_F(LogMergeTest, AQuietLogHoldsOthersUpOnlyForLinesOnTheirWay) {
  now += kPatience;
  merge.put(a, "02", "1", now);
  EXPECT_EQ(merge.next_deadline(), now + LogMerge::kHold);
  now += LogMerge::kHold - 1ms;
  merge.put(b, "01", "1", now);
  EXPECT_THAT(lines(), ElementsAre("b1"));
  now += kPatience;
  EXPECT_THAT(lines(), ElementsAre("a1"));
}

TEST_F(LogMergeTest, BoundsWhatWaits) {
  merge.put(a, "", std::string(LogMerge::kWaitingBytesMax - 1, 'x'), now);
  EXPECT_TRUE(merge.has_room(a));
  merge.put(a, "", "y", now);
  EXPECT_FALSE(merge.has_room(a));
  EXPECT_TRUE(merge.has_room(b)) << "each log has its own bound";
  merge.close(b);
  lines();
  EXPECT_TRUE(merge.has_room(a));
}

TEST_F(LogMergeTest, WithoutLinesNothingIsDue) {
  EXPECT_EQ(merge.next_deadline(), std::nullopt);
  EXPECT_TRUE(merge.empty());
}

}  // namespace
}  // namespace hearth::cli
