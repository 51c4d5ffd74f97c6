#pragma once

#include <functional>
#include <memory>
#include <optional>

#include "adapters/loop/coroutine.h"
#include "ports/loop.h"

namespace hearth {

/// A thread for blocking work: the store, or a disk that takes in an image of a gigabyte. The loop
/// judges nodes and sends heartbeats, and must not wait for that.
///
/// The first job starts the thread, so a process without jobs has no thread. Coroutines bound its
/// queue by their number: each has one job in progress.
class WorkerThread final : public Worker {
 public:
  explicit WorkerThread(boost::asio::io_context& loop);
  ~WorkerThread() override;
  WorkerThread(const WorkerThread&) = delete;
  WorkerThread& operator=(const WorkerThread&) = delete;

  void run(std::function<OnLoop()> job) override;

  /// Runs `job` on the thread, suspends the caller until it has run, and returns its result. If the
  /// caller is unwound first, because its loop ends, unwinding waits until the job has run or was
  /// dropped, since the job may use the caller's stack. The caller keeps the worker alive.
  template <class Job>
  auto run(Job job, Coroutine& coroutine) {
    std::optional<decltype(job())> result;
    run_and_wait([&] { result.emplace(job()); }, coroutine);
    return *std::move(result);
  }

 private:
  struct State;
  void run_and_wait(std::function<void()> job, Coroutine& coroutine);

  std::shared_ptr<State> state_;  // Shared with completions on the loop, which may outlive us.
};

}  // namespace hearth
