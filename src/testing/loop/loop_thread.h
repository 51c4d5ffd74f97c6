#pragma once

#include <functional>
#include <future>
#include <memory>

#include "ports/completion.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// A real loop on its own thread, so that a test can talk to what runs on it from outside. It runs
/// until its end.
class LoopThread {
 public:
  LoopThread();
  /// Ends once nothing is left to wait for: end what runs on the loop before.
  ~LoopThread();
  LoopThread(const LoopThread&) = delete;
  LoopThread& operator=(const LoopThread&) = delete;

  boost::asio::io_context& loop();
  void post(std::function<void()> task);

  /// Runs `work` on the loop and returns what it returned.
  template <class Work>
  auto run(Work work) {
    std::packaged_task<decltype(work())()> task(std::move(work));
    auto result = task.get_future();
    post([&task] { task(); });
    return result.get();
  }

  /// Starts work that ends in a completion, and waits for it.
  template <class T>
  Result<T> complete(const std::function<void(Completion<T>)>& start) {
    auto promise = std::make_shared<std::promise<Result<T>>>();
    auto result = promise->get_future();
    post([start, promise] {
      start([promise](Result<T> ended) { promise->set_value(std::move(ended)); });
    });
    return result.get();
  }

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace hearth
