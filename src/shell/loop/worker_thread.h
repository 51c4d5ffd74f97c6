#pragma once

#include <functional>
#include <memory>

namespace boost::asio {
class io_context;
}

namespace hearth {

/// A thread of its own for what blocks (the store). Jobs run one after the other, in order; what a
/// job returns runs on the loop. The owner bounds how many it has under way.
class WorkerThread {
 public:
  explicit WorkerThread(boost::asio::io_context& loop);
  /// Waits for the job under way; drops those that wait, and all that is to run on the loop.
  ~WorkerThread();

  using OnLoop = std::function<void()>;
  void run(std::function<OnLoop()> job);

 private:
  struct State;
  std::shared_ptr<State> state_;  // Shared with what is posted to the loop, which may run after us.
};

}  // namespace hearth
