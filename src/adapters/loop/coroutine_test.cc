#include "adapters/loop/coroutine.h"

#include <gtest/gtest.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>

#include <cstdint>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

namespace hearth {
namespace {

using namespace std::chrono_literals;

TEST(Coroutine, BeginsAfterTheStartingCallReturnsEvenOnTheLoop) {
  boost::asio::io_context loop;
  bool began = false;
  start_coroutine(loop, [&](Coroutine&) {
    start_coroutine(loop, [&](Coroutine&) { began = true; });
    EXPECT_FALSE(began);
  });
  loop.run();
  EXPECT_TRUE(began);
}

/// By their guard pages: a stack itself can be one mapping with its neighbour.
std::size_t count_stacks() {
  const auto page_bytes = static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
  std::ifstream maps("/proc/self/maps");
  std::size_t count = 0;
  for (std::string line; std::getline(maps, line);) {
    std::istringstream words(line);
    std::uint64_t begin = 0;
    std::uint64_t end = 0;
    char dash = 0;
    std::string permissions;
    words >> std::hex >> begin >> dash >> end >> permissions;
    if (permissions == "---p" && end - begin == page_bytes) ++count;
  }
  return count;
}

// Goal: the stacks of coroutines that ended serve the next ones; few are kept, and none outlasts
// the loop.
TEST(Coroutine, AFewStacksAreKeptForTheNextOnes) {
  const std::size_t before = count_stacks();
  {
    boost::asio::io_context loop;
    std::vector<std::unique_ptr<Sleeper>> sleepers;
    for (int i = 0; i < 10; ++i) {
      sleepers.push_back(std::make_unique<Sleeper>(loop));
      start_coroutine(loop,
                      [&, i](Coroutine& coroutine) { sleepers.at(i)->sleep(24h, coroutine); });
    }
    std::size_t most = 0;
    start_coroutine(loop, [&](Coroutine&) {
      most = count_stacks();
      for (const auto& sleeper : sleepers) sleeper->wake();
    });
    loop.run();
    EXPECT_EQ(most, before + 11);
    EXPECT_EQ(count_stacks(), before + 2);
    loop.restart();
    start_coroutine(loop, [&](Coroutine&) { most = count_stacks(); });
    loop.run();
    EXPECT_EQ(most, before + 2);
  }
  EXPECT_EQ(count_stacks(), before);
}

TEST(Coroutine, ThatNeverEndsLeavesNoStackBehind) {
  const std::size_t before = count_stacks();
  {
    boost::asio::io_context loop;
    Sleeper sleeper(loop);
    start_coroutine(loop, [&](Coroutine& coroutine) { sleeper.sleep(24h, coroutine); });
    loop.poll();
    EXPECT_EQ(count_stacks(), before + 1);
  }
  EXPECT_EQ(count_stacks(), before);
}

TEST(Sleeper, SleepsUntilItsTimeIsOver) {
  boost::asio::io_context loop;
  Sleeper sleeper(loop);
  sleeper.wake();  // No coroutine sleeps.
  Duration slept{};
  start_coroutine(loop, [&](Coroutine& coroutine) {
    const auto begin = std::chrono::steady_clock::now();
    sleeper.sleep(5ms, coroutine);
    slept = std::chrono::steady_clock::now() - begin;
  });
  loop.run();
  EXPECT_GE(slept, 5ms);
}

TEST(Sleeper, CanBeWokenEarly) {
  boost::asio::io_context loop;
  Sleeper sleeper(loop);
  bool woken = false;
  start_coroutine(loop, [&](Coroutine& coroutine) {
    sleeper.sleep(Duration::max(), coroutine);
    woken = true;
  });
  start_coroutine(loop, [&](Coroutine&) { sleeper.wake(); });
  loop.run_for(20s);
  EXPECT_TRUE(woken);
}

}  // namespace
}  // namespace hearth
