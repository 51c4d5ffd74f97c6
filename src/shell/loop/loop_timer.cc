#include "shell/loop/loop_timer.h"

#include <algorithm>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

namespace hearth {

struct LoopTimer::State {
  State(boost::asio::io_context& loop, std::function<void()> fire)
      : timer(loop), on_fire(std::move(fire)) {}

  boost::asio::steady_timer timer;
  std::function<void()> on_fire;
  std::uint64_t arming = 0;
};

LoopTimer::LoopTimer(boost::asio::io_context& loop, std::function<void()> on_fire)
    : state_(std::make_shared<State>(loop, std::move(on_fire))) {}

LoopTimer::~LoopTimer() {
  cancel();
}

void LoopTimer::arm(Duration delay) {
  const std::uint64_t arming = ++state_->arming;
  state_->timer.expires_after(std::max(delay, Duration::zero()));
  state_->timer.async_wait([state = state_, arming](const boost::system::error_code& ec) {
    // A wait that had ended when the timer was armed anew comes with success: it is not ours.
    if (!ec && state->arming == arming) state->on_fire();
  });
}

void LoopTimer::cancel() {
  ++state_->arming;
  state_->timer.cancel();
}

}  // namespace hearth
