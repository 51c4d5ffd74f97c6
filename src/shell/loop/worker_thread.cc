#include "shell/loop/worker_thread.h"

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace hearth {

struct WorkerThread::State {
  explicit State(boost::asio::io_context& the_loop) : loop(the_loop) {}

  boost::asio::io_context& loop;
  bool owned = true;  // Read and written on the loop.
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<std::function<OnLoop()>> jobs;
  bool ending = false;
  std::thread thread;
};

WorkerThread::WorkerThread(boost::asio::io_context& loop) : state_(std::make_shared<State>(loop)) {
  state_->thread = std::thread([state = state_] {
    for (;;) {
      std::function<OnLoop()> job;
      {
        std::unique_lock lock(state->mutex);
        state->changed.wait(lock, [&] { return state->ending || !state->jobs.empty(); });
        if (state->ending) return;
        job = std::move(state->jobs.front());
        state->jobs.pop_front();
      }
      OnLoop then = job();
      boost::asio::post(state->loop, [state, then = std::move(then)] {
        if (state->owned) then();
      });
    }
  });
}

WorkerThread::~WorkerThread() {
  state_->owned = false;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    state_->jobs.clear();
  }
  state_->changed.notify_all();
  state_->thread.join();
}

void WorkerThread::run(std::function<OnLoop()> job) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_all();
}

}  // namespace hearth
