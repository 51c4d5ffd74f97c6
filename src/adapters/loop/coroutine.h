#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// The running coroutine, as the calls that may suspend it want it. Defined in coroutine_asio.h.
struct Coroutine;

/// Runs `body` as a coroutine with a stack of its own (256 KiB, of which only what is touched takes
/// memory, and a guard page) on the loop thread; begins after this call returned.
///
/// A coroutine that is still suspended when its loop is destroyed is unwound then: destructors run,
/// nothing else, and they must not touch what is gone by that time.
void start_coroutine(boost::asio::io_context& loop, std::function<void(Coroutine&)> body);

/// Suspends a coroutine until it is woken.
class Sleeper {
 public:
  explicit Sleeper(boost::asio::io_context& loop);
  ~Sleeper();

  /// Returns after `timeout` or the next wake(), whichever is first. May return early for nothing.
  void sleep(Duration timeout, Coroutine& coroutine);
  /// Does nothing if nobody sleeps.
  void wake();

 private:
  struct Timer;
  std::unique_ptr<Timer> timer_;
};

}  // namespace hearth
