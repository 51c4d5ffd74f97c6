#include "base/spelling.h"

#include <string>

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(NearestWord, FindsTheWordMeantByATypingError) {
  EXPECT_EQ(nearest_word("stauts", {"stop", "status", "ps"}), "status");
  EXPECT_EQ(nearest_word("suspct_after", {"dead_after", "suspect_after"}), "suspect_after");
  EXPECT_EQ(nearest_word("status", {"status", "stats"}), "status");
}

TEST(NearestWord, ADifferentWordIsNotATypingError) {
  EXPECT_EQ(nearest_word("kubernetes", {"stop", "status", "ps"}), "");
  EXPECT_EQ(nearest_word("x", {}), "");
  EXPECT_EQ(nearest_word(std::string(100'000, 'x'), {std::string_view("status")}), "");
}

}  // namespace
}  // namespace hearth
