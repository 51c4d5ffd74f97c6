#include "base/shortened.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(Shortened, LeavesWhatFits) {
  EXPECT_EQ(shortened("", 3), "");
  EXPECT_EQ(shortened("abc", 3), "abc");
  EXPECT_EQ(shortened("né€", 6), "né€");
}

TEST(Shortened, MarksWhatItCuts) {
  EXPECT_EQ(shortened("abcd", 3), "…");
  EXPECT_EQ(shortened("abcdefgh", 7), "abcd…");
}

TEST(Shortened, CutsBetweenCharacters) {
  const std::string text = "aé€😀aé€😀";
  for (std::size_t bytes = 3; bytes < text.size(); ++bytes) {
    const std::string cut = shortened(text, bytes);
    EXPECT_LE(cut.size(), bytes);
    EXPECT_GT(cut.size() + 4, bytes);
    const std::string kept = cut.substr(0, cut.size() - 3);
    EXPECT_TRUE(text.starts_with(kept));
    EXPECT_NE(static_cast<unsigned char>(text[kept.size()]) & 0xC0U, 0x80U) << bytes;
  }
}

TEST(Shortened, BoundsInvalidUtf8) {
  EXPECT_EQ(shortened(std::string(100, '\x80'), 50), std::string(44, '\x80') + "…");
}

}  // namespace
}  // namespace hearth
