#pragma once

#include "ports/loop.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// The event loop, over Boost.Asio: everything that is waited for on one thread without blocking
/// it. The folder has the tasks, timers and workers of the shells, and the coroutines and child
/// processes of the adapters (coroutine.h, child_process.h). It knows no protocol and decides
/// nothing.
///
/// This class presents an `io_context` as the Loop of a shell. The adapters use the same
/// `io_context` directly. Its owner runs, stops and destroys it on one thread, and it outlives this
/// object.
class AsioLoop final : public Loop {
 public:
  explicit AsioLoop(boost::asio::io_context& context) : context_(context) {}

  void post(std::function<void()> task) override;
  std::unique_ptr<Timer> make_timer(std::function<void()> on_fire) override;
  std::unique_ptr<Worker> make_worker() override;

 private:
  boost::asio::io_context& context_;
};

}  // namespace hearth
