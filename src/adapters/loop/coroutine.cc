#include "adapters/loop/coroutine.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include <boost/asio/execution_context.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/context/protected_fixedsize_stack.hpp>

#include "adapters/loop/coroutine_asio.h"

namespace hearth {
namespace {

constexpr std::size_t kStackBytes = 256 * 1024;

/// Maps stacks for coroutines, and keeps a few of those that ended for the next ones: to map a
/// stack and to give it back takes longer than most coroutines do.
class Stacks {
 public:
  Stacks() = default;
  ~Stacks() {
    while (kept_count_ > 0) system_.deallocate(kept_.at(--kept_count_));
  }
  Stacks(const Stacks&) = delete;
  Stacks& operator=(const Stacks&) = delete;

  boost::context::stack_context take() {
    return kept_count_ > 0 ? kept_.at(--kept_count_) : system_.allocate();
  }
  void give_back(boost::context::stack_context& stack) noexcept {
    if (kept_count_ == kept_.size()) return system_.deallocate(stack);
    kept_[kept_count_++] = stack;
  }

 private:
  static constexpr std::size_t kKeptMax = 2;  ///< As many begin and end at once on an idle node.

  boost::context::protected_fixedsize_stack system_{kStackBytes};
  std::array<boost::context::stack_context, kKeptMax> kept_;
  std::size_t kept_count_ = 0;
};

/// What Boost.Context wants of an allocator of stacks.
class StackAllocator {
 public:
  using traits_type = boost::context::stack_traits;

  explicit StackAllocator(std::shared_ptr<Stacks> stacks) : stacks_(std::move(stacks)) {}
  boost::context::stack_context allocate() { return stacks_->take(); }
  void deallocate(boost::context::stack_context& stack) noexcept { stacks_->give_back(stack); }

 private:
  std::shared_ptr<Stacks>
      stacks_;  // Shared with the coroutines, which can outlive the loop's part.
};

/// The stacks of one loop.
class LoopStacks : public boost::asio::execution_context::service {
 public:
  inline static boost::asio::execution_context::id id;

  explicit LoopStacks(boost::asio::execution_context& loop) : service(loop) {}
  static StackAllocator of(boost::asio::io_context& loop) {
    return StackAllocator(boost::asio::use_service<LoopStacks>(loop).stacks_);
  }

 private:
  void shutdown() override {}

  const std::shared_ptr<Stacks> stacks_ = std::make_shared<Stacks>();
};

}  // namespace

void start_coroutine(boost::asio::io_context& loop, std::function<void(Coroutine&)> body) {
  // Called on the loop, asio::spawn() would begin within this call.
  boost::asio::post(loop, [&loop, body = std::move(body)]() mutable {
    boost::asio::spawn(
        loop, std::allocator_arg, LoopStacks::of(loop),
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
