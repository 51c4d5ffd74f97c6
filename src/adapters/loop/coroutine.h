#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// The running coroutine, passed to every call that can suspend it. Defined in coroutine_asio.h.
struct Coroutine;

/// Runs `body` as a coroutine on the loop thread, with a stack of its own (256 KiB, of which only
/// the used part takes memory, and a guard page). It begins after this call has returned.
///
/// A coroutine that is still suspended when its loop is destroyed is unwound: only destructors run,
/// and they must not touch what is gone by then.
void start_coroutine(boost::asio::io_context& loop, std::function<void(Coroutine&)> body);

/// Suspends a coroutine until it is woken.
class Sleeper {
 public:
  explicit Sleeper(boost::asio::io_context& loop);
  ~Sleeper();

  /// Returns after `timeout` or at the next wake(), whichever comes first. May return early.
  void sleep(Duration timeout, Coroutine& coroutine);
  /// Does nothing if no coroutine sleeps.
  void wake();

 private:
  struct Timer;
  std::unique_ptr<Timer> timer_;
};

}  // namespace hearth
