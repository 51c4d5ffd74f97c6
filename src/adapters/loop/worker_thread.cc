#include "adapters/loop/worker_thread.h"

#include <condition_variable>
#include <deque>
#include <future>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

namespace hearth {
namespace {

/// Whether an io_context still accepts posted work. Its destructor empties its queue without a
/// lock, so no other thread may post from then on.
///
/// This is a service of the io_context, because services are shut down in reverse order of
/// creation, and the one that has the queue is the oldest.
class LoopEnd final : public boost::asio::execution_context::service {
 public:
  struct Gate {
    std::mutex mutex;
    bool closed = false;  // Guarded by `mutex`.
  };
  static inline boost::asio::execution_context::id id;

  explicit LoopEnd(boost::asio::execution_context& owner) : service(owner) {}
  std::shared_ptr<Gate> gate() const { return gate_; }

 private:
  void shutdown() override {
    const std::lock_guard lock(gate_->mutex);
    gate_->closed = true;
  }

  std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();  // Shared with workers that outlive it.
};

}  // namespace

struct WorkerThread::State : std::enable_shared_from_this<State> {
  explicit State(boost::asio::io_context& the_loop)
      : loop(the_loop), gate(boost::asio::use_service<LoopEnd>(the_loop).gate()) {}

  void work();
  void complete(OnLoop then);

  boost::asio::io_context& loop;
  const std::shared_ptr<LoopEnd::Gate> gate;
  bool owned = true;  // Read and written on the loop.
  std::mutex mutex;   // Guards `jobs` and `ending`.
  std::deque<std::function<OnLoop()>> jobs;
  bool ending = false;
  std::condition_variable changed;
  std::thread thread;
};

void WorkerThread::State::work() {
  for (;;) {
    std::function<OnLoop()> job;  // Destroyed after each turn: run_and_wait() relies on that.
    {
      std::unique_lock lock(mutex);
      changed.wait(lock, [this] { return ending || !jobs.empty(); });
      if (ending) return;
      job = std::move(jobs.front());
      jobs.pop_front();
    }
    if (OnLoop then = job()) complete(std::move(then));
  }
}

void WorkerThread::State::complete(OnLoop then) {
  const std::lock_guard lock(gate->mutex);
  if (gate->closed) return;
  boost::asio::post(loop, [self = shared_from_this(), then = std::move(then)] {
    if (self->owned) then();
  });
}

WorkerThread::WorkerThread(boost::asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}

WorkerThread::~WorkerThread() {
  state_->owned = false;
  std::deque<std::function<OnLoop()>> dropped;
  {
    const std::lock_guard lock(state_->mutex);
    state_->ending = true;
    dropped.swap(state_->jobs);
  }
  state_->changed.notify_all();
  if (state_->thread.joinable()) state_->thread.join();
}

void WorkerThread::run(std::function<OnLoop()> job) {
  {
    const std::lock_guard lock(state_->mutex);
    state_->jobs.push_back(std::move(job));
  }
  state_->changed.notify_all();
  if (!state_->thread.joinable()) state_->thread = std::thread([state = state_] { state->work(); });
}

void WorkerThread::run_and_wait(std::function<void()> job, Coroutine& coroutine) {
  Sleeper sleeper(state_->loop);
  bool finished = false;
  // Only the job holds the promise, so it is broken once the job is gone: dropped, or run with its
  // completion posted. Until then the thread may touch the caller's stack and the loop.
  auto held = std::make_shared<std::promise<void>>();
  struct WaitUntilGone {
    ~WaitUntilGone() { gone.wait(); }
    std::future<void> gone;
  };
  const WaitUntilGone guard{held->get_future()};
  run([&, job = std::move(job), held = std::move(held)]() -> OnLoop {
    job();
    return [&] {
      finished = true;
      sleeper.wake();
    };
  });
  while (!finished) sleeper.sleep(std::chrono::hours(1), coroutine);
}

}  // namespace hearth
