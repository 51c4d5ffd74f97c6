#include "adapters/file/sha256.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

// The examples of FIPS 180-2.
constexpr std::string_view kNothing =
    "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr std::string_view kAbc =
    "sha256:ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

TEST(Sha256, KnowsThePublishedExamples) {
  EXPECT_EQ(sha256_of("").str(), kNothing);
  EXPECT_EQ(sha256_of("abc").str(), kAbc);
}

TEST(Sha256, PiecesGiveTheDigestOfTheWhole) {
  Sha256 sum;
  sum.add("a");
  sum.add("");
  sum.add("bc");
  EXPECT_EQ(sum.finish().str(), kAbc);
}

TEST(Sha256, StartsOverAfterFinish) {
  Sha256 sum;
  sum.add("abc");
  (void)sum.finish();
  EXPECT_EQ(sum.finish().str(), kNothing);
}

}  // namespace
}  // namespace hearth
