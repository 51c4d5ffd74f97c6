#include "adapters/http/file_worker.h"

#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace hearth::http {

FileWorker::~FileWorker() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  queued_.notify_one();
  if (thread_.joinable()) thread_.join();
}

void FileWorker::run_and_wait(std::function<void()> job, Coroutine& coroutine) {
  Sleeper sleeper(loop_);
  bool finished = false;
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(job), [&] {
                        finished = true;
                        sleeper.wake();
                      }});
  }
  queued_.notify_one();
  if (!thread_.joinable()) thread_ = std::thread([this] { work(); });
  while (!finished) sleeper.sleep(std::chrono::hours(1), coroutine);
}

void FileWorker::work() {
  for (;;) {
    Queued next;
    {
      std::unique_lock lock(mutex_);
      queued_.wait(lock, [this] { return ending_ || !queue_.empty(); });
      if (queue_.empty()) return;
      next = std::move(queue_.front());
      queue_.pop_front();
    }
    next.job();
    boost::asio::post(loop_, std::move(next.done));
  }
}

}  // namespace hearth::http
