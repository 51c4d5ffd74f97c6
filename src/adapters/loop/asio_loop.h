#pragma once

#include "ports/loop.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// The room of the real loop: what blocks nobody and is waited for on one thread, over Boost.Asio.
/// Here are its tasks, timers and workers as the shells want them; coroutines and child processes
/// as the adapters do (coroutine.h, child_process.h). It knows no protocol and decides nothing.
///
/// This class shows an `io_context` as the Loop of a shell. The adapters beside the shell use the
/// same `io_context` directly; it is run, stopped and destroyed by whoever made it, on one thread,
/// and outlives this.
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
