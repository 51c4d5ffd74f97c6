#include "adapters/loop/coroutine.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include "adapters/loop/coroutine_asio.h"

namespace hearth {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

}  // namespace

void start_coroutine(boost::asio::io_context& loop, std::function<void(Coroutine&)> body) {
  // Called on the loop, asio::spawn() would begin within this call.
  boost::asio::post(loop, [&loop, body = std::move(body)]() mutable {
    boost::asio::spawn(
        loop, std::allocator_arg, boost::context::protected_fixedsize_stack(kStackBytes),
        [body = std::move(body)](boost::asio::yield_context yield) {
          Coroutine coroutine{std::move(yield)};
          body(coroutine);
        },
        [](const std::exception_ptr& escaped) {
          if (escaped) std::rethrow_exception(escaped);
        });
  });
}

struct Sleeper::Timer {
  explicit Timer(boost::asio::io_context& loop) : timer(loop) {}
  boost::asio::steady_timer timer;
};

Sleeper::Sleeper(boost::asio::io_context& loop) : timer_(std::make_unique<Timer>(loop)) {}
Sleeper::~Sleeper() = default;

void Sleeper::sleep(Duration timeout, Coroutine& coroutine) {
  timer_->timer.expires_after(std::min<Duration>(timeout, std::chrono::hours(24)));
  boost::system::error_code woken;
  timer_->timer.async_wait(coroutine.yield[woken]);
}

void Sleeper::wake() {
  timer_->timer.cancel();
}

}  // namespace hearth
