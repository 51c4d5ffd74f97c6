#include "adapters/loop/asio_loop.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/loop/worker_thread.h"

namespace hearth {
namespace {

class AsioTimer final : public Timer {
 public:
  AsioTimer(boost::asio::io_context& context, std::function<void()> on_fire)
      : state_(std::make_shared<State>(context, std::move(on_fire))) {}
  ~AsioTimer() override { stop(); }
  AsioTimer(const AsioTimer&) = delete;
  AsioTimer& operator=(const AsioTimer&) = delete;

  void arm(Duration delay) override {
    const std::uint64_t arming = ++state_->arming;
    state_->timer.expires_after(std::max(delay, Duration::zero()));
    state_->timer.async_wait([state = state_, arming](const boost::system::error_code& ec) {
      // A wait that had ended when the timer was rearmed completes with success: it is stale.
      if (!ec && state->arming == arming) state->on_fire();
    });
  }
  void cancel() override { stop(); }

 private:
  struct State {
    State(boost::asio::io_context& context, std::function<void()> fire)
        : timer(context), on_fire(std::move(fire)) {}

    boost::asio::steady_timer timer;
    std::function<void()> on_fire;
    std::uint64_t arming = 0;
  };

  void stop() {
    ++state_->arming;
    state_->timer.cancel();
  }

  std::shared_ptr<State> state_;  // Shared with a pending wait, which may end after us.
};

}  // namespace

void AsioLoop::post(std::function<void()> task) {
  boost::asio::post(context_, std::move(task));
}

std::unique_ptr<Timer> AsioLoop::make_timer(std::function<void()> on_fire) {
  return std::make_unique<AsioTimer>(context_, std::move(on_fire));
}

std::unique_ptr<Worker> AsioLoop::make_worker() {
  return std::make_unique<WorkerThread>(context_);
}

}  // namespace hearth
