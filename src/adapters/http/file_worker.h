#pragma once

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "adapters/loop/coroutine.h"

namespace hearth::http {

/// One thread for what a disk may hold up. The loop judges nodes and sends heartbeats: it must not
/// wait for a disk that is busy taking in an image of a gigabyte.
///
/// The thread is started by the first job, so a process that moves no files has none. Jobs run in
/// order; there is at most one per connection or call, which bounds them.
class FileWorker {
 public:
  explicit FileWorker(boost::asio::io_context& loop) : loop_(loop) {}
  /// Ends once all jobs have run.
  ~FileWorker();

  /// Runs `job` on the thread and suspends the caller until it has run. If the caller is unwound
  /// first, by the end of its loop, that waits for the job too: it may use the caller's stack.
  template <class Job>
  auto run(Job job, Coroutine& coroutine) {
    std::optional<decltype(job())> result;
    run_and_wait([&] { result.emplace(job()); }, coroutine);
    return *std::move(result);
  }

 private:
  struct Queued {
    std::function<void()> job;
    bool* ran;                   ///< Set under the mutex.
    std::function<void()> done;  ///< On the loop.
  };
  class WaitForJob;
  void run_and_wait(std::function<void()> job, Coroutine& coroutine);
  void work();

  boost::asio::io_context& loop_;
  std::mutex mutex_;  ///< Guards the queue, `ending_` and what `Queued::ran` points to.
  std::condition_variable queued_;
  std::condition_variable ran_;
  std::deque<Queued> queue_;
  bool ending_ = false;
  std::thread thread_;
};

}  // namespace hearth::http
