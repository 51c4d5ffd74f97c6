#include "base/prng.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

TEST(Prng, TheSameSeedAlwaysGivesTheSameNumbers) {
  Prng prng(42);
  EXPECT_EQ(prng.next(), 1546998764402558742ULL);
  Prng again(42);
  EXPECT_EQ(again.next(), 1546998764402558742ULL);
}

TEST(Prng, ContinuesFromASavedState) {
  Prng prng(42);
  prng.next();
  Prng copy(prng.save());
  EXPECT_EQ(copy.next(), prng.next());
}

TEST(Prng, BoundsHold) {
  Prng prng(7);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_LT(prng.below(3), 3U);
    const std::int64_t value = prng.between(-2, 2);
    EXPECT_GE(value, -2);
    EXPECT_LE(value, 2);
  }
  EXPECT_FALSE(prng.chance(0));
  EXPECT_TRUE(prng.chance(1000));
}

}  // namespace
}  // namespace hearth
