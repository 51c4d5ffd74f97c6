#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "adapters/loop/coroutine.h"
#include "ports/loop.h"

namespace hearth {

/// A thread for what blocks: the store, a disk that is busy taking in an image of a gigabyte. The
/// loop judges nodes and sends heartbeats and must not wait for that.
///
/// The thread is started by the first job, so a process that has none to give has no thread. What
/// it is used for by coroutines is bounded by their number: each has one job under way.
class WorkerThread final : public Worker {
 public:
  explicit WorkerThread(boost::asio::io_context& loop);
  ~WorkerThread() override;
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  void run(std::function<OnLoop()> job) override;

  /// Runs `job` on the thread, suspends the caller until it has run, and returns what it returned.
  /// If the caller is unwound first, by the end of its loop, that waits until the job has run or
  /// was dropped: it may use the caller's stack. A caller keeps its worker alive.
  template <class Job>
  auto run(Job job, Coroutine& coroutine) {
    std::optional<decltype(job())> result;
    run_and_wait([&] { result.emplace(job()); }, coroutine);
    return *std::move(result);
  }

 private:
  struct State;
  void run_and_wait(std::function<void()> job, Coroutine& coroutine);

  std::shared_ptr<State> state_;  // Shared with what is posted to the loop, which may run after us.
};

}  // namespace hearth
