#include "base/backoff.h"

#include <gtest/gtest.h>

namespace hearth {
namespace {

using namespace std::chrono_literals;

constexpr Backoff kBackoff(1s, 30s);

TEST(Backoff, DoublesUpToItsMaximum) {
  EXPECT_EQ(kBackoff.after(1), 1s);
  EXPECT_EQ(kBackoff.after(2), 2s);
  EXPECT_EQ(kBackoff.after(5), 16s);
  EXPECT_EQ(kBackoff.after(6), 30s);
  EXPECT_EQ(kBackoff.after(4'000'000'000), 30s) << "however often";
}

TEST(Backoff, TheWaitCanBeConstant) {
  EXPECT_EQ(Backoff(2s, 2s).after(1), 2s);
  EXPECT_EQ(Backoff(2s, 2s).after(9), 2s);
}

TEST(Backoff, JitterAddsUpToAFifth) {
  Prng prng(1);
  Duration shortest = 1h;
  Duration longest{0};
  for (int i = 0; i < 1000; ++i) {
    const Duration wait = kBackoff.after(3, prng);
    shortest = std::min(shortest, wait);
    longest = std::max(longest, wait);
  }
  EXPECT_GE(shortest, 4s);
  EXPECT_LT(longest, 4800ms);
  EXPECT_GT(longest - shortest, 700ms);
}

}  // namespace
}  // namespace hearth
