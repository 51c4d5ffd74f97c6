#include "adapters/loop/coroutine.h"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

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
