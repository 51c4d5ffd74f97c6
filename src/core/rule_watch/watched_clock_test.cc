#include "core/rule_watch/watched_clock.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};

TEST(WatchedClock, CountsOnlyWhileItRuns) {
  WatchedClock clock;
  EXPECT_EQ(clock.at(kStart), 0s);
  EXPECT_EQ(clock.when(5s), std::nullopt);
  clock.run(kStart);
  clock.run(kStart + 1s);
  EXPECT_EQ(clock.at(kStart + 2s), 2s);
  EXPECT_EQ(clock.when(5s), kStart + 5s);
  clock.stop(kStart + 3s);
  clock.stop(kStart + 4s);
  EXPECT_EQ(clock.at(kStart + 1h), 3s);
  EXPECT_EQ(clock.when(5s), std::nullopt);
  clock.run(kStart + 1h);
  EXPECT_EQ(clock.at(kStart + 1h), 3s);
  EXPECT_EQ(clock.when(5s), kStart + 1h + 2s);
}

}  // namespace
}  // namespace hearth::core
