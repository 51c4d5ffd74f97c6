#include "cli/dev/ports_turn.h"

#include <thread>

#include <gtest/gtest.h>

namespace hearth::cli {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

// Goal: of two clusters that start at once, the second chooses its ports after the first has taken
// its own.
TEST(PortsTurn, HasOneHolderAtATime) {
  auto first = PortsTurn::wait(seconds(60), [] {});
  ASSERT_TRUE(first.ours());
  EXPECT_FALSE(PortsTurn::wait(milliseconds(50), [] {}).ours());
  bool reported = false;
  std::jthread giving_back;
  const PortsTurn second = PortsTurn::wait(seconds(60), [&] {
    reported = true;
    giving_back = std::jthread([&] { first = PortsTurn(); });
  });
  EXPECT_TRUE(second.ours());
  EXPECT_TRUE(reported);
}

}  // namespace
}  // namespace hearth::cli
