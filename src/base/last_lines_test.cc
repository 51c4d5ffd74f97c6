#include "base/last_lines.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(LastLines, CountsAnUnfinishedLine) {
  EXPECT_EQ(last_lines("a\nb\nc", 2), "b\nc");
  EXPECT_EQ(last_lines("a\nb\nc\n", 2), "b\nc\n");
  EXPECT_EQ(last_lines("a\nb\nc\n", 1), "c\n");
  EXPECT_EQ(last_lines("a\n\n", 1), "\n") << "an empty line is a line";
}

TEST(LastLines, AreAllIfThereAreNoMore) {
  EXPECT_EQ(last_lines("", 3), "");
  EXPECT_EQ(last_lines("a\nb\n", 2), "a\nb\n");
  EXPECT_EQ(last_lines("a\nb", 9), "a\nb");
  EXPECT_EQ(last_lines("\na", 2), "\na");
  EXPECT_EQ(last_lines("a\nb", 0), "");
}

}  // namespace
}  // namespace hearth
