#include "model/digest.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(Digest, IsSha256AndSixtyFourHexDigits) {
  const std::string hex(64, 'a');
  const Result<Digest> digest = Digest::parse("sha256:" + hex);
  ASSERT_TRUE(digest.has_value());
  EXPECT_EQ(digest->hex(), hex);
  EXPECT_EQ(digest->short_hex(), "aaaaaaaaaaaa");
}

TEST(Digest, RefusesAnythingThatCouldLeaveAFolder) {
  for (const std::string& text :
       {std::string("sha256:") + std::string(63, 'a'),
        std::string("sha256:") + std::string(64, 'A'), std::string(64, 'a'),
        std::string("sha256:../") + std::string(61, 'a'), std::string()}) {
    EXPECT_FALSE(Digest::parse(text).has_value()) << text;
  }
}

}  // namespace
}  // namespace hearth
