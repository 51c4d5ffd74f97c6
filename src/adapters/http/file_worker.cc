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

class FileWorker::WaitForJob {
 public:
  WaitForJob(FileWorker& worker, const bool& ran) : worker_(worker), ran_(ran) {}
  ~WaitForJob() {
    std::unique_lock lock(worker_.mutex_);
    worker_.ran_.wait(lock, [this] { return ran_; });
  }
  WaitForJob(const WaitForJob&) = delete;
  WaitForJob& operator=(const WaitForJob&) = delete;

 private:
  FileWorker& worker_;
  const bool& ran_;
};

void FileWorker::run_and_wait(std::function<void()> job, Coroutine& coroutine) {
  Sleeper sleeper(loop_);
  bool finished = false;
  bool ran = false;
  const WaitForJob guard(*this, ran);
  {
    const std::lock_guard lock(mutex_);
    queue_.push_back({std::move(job), &ran, [&] {
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
    {
      const std::lock_guard lock(mutex_);
      *next.ran = true;  // From here on the caller's stack may be gone.
    }
    ran_.notify_all();
  }
}

}  // namespace hearth::http
