#include "cli/dev/keeper.h"

#include <csignal>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/loop/coroutine.h"
#include "base/backoff.h"
#include "base/duration_text.h"

namespace hearth::cli {
namespace {

using Clock = std::chrono::steady_clock;

constexpr int kWrongUsage = 2;
constexpr Duration kDelayMin = std::chrono::milliseconds(200);
constexpr Duration kDelayMax = std::chrono::seconds(5);
constexpr Duration kHealthyAfter = std::chrono::seconds(10);
constexpr Duration kShortRun = std::chrono::seconds(1);
constexpr unsigned kShortRunsMax = 5;
/// A killed process is gone at once, unless the kernel holds it in a device.
constexpr Duration kKilledWithin = std::chrono::seconds(5);

}  // namespace

struct Keeper::Waiting {
  explicit Waiting(boost::asio::io_context& loop) : restart(loop), ended(loop) {}
  boost::asio::steady_timer restart;
  Sleeper ended;
};

Keeper::Keeper(boost::asio::io_context& loop, Program program, Handlers handlers)
    : loop_(loop),
      program_(std::move(program)),
      handlers_(std::move(handlers)),
      log_(program_.log),
      waiting_(std::make_unique<Waiting>(loop)) {}

Keeper::~Keeper() = default;

void Keeper::start() {
  wanted_ = true;
  restarts_ = 0;
  short_runs_ = 0;
  if (!child_) launch();
}

void Keeper::launch() {
  started_at_ = Clock::now();
  Result<Child> child =
      Child::start(loop_, program_.command, log_, [this](int code) { on_end(code); });
  if (child) {
    child_.emplace(*std::move(child));
    return;
  }
  wanted_ = false;
  handlers_.on_given_up(child.error().message);
}

void Keeper::on_end(int code) {
  child_.reset();
  waiting_->ended.wake();
  if (!wanted_) return;
  const Duration ran_for = Clock::now() - started_at_;
  if (ran_for >= kHealthyAfter) restarts_ = 0;
  short_runs_ = ran_for < kShortRun ? short_runs_ + 1 : 0;
  const std::string words = log_.last_line();
  const std::string ended = fmt::format("{} exited on its own (code {}{}{})", program_.name, code,
                                        words.empty() ? "" : ": ", words);
  if (code == kWrongUsage || short_runs_ >= kShortRunsMax) {
    wanted_ = false;
    handlers_.on_given_up(fmt::format("{}; its output: {}", ended, program_.log.string()));
    return;
  }
  // The first restart is at once.
  const Duration delay =
      restarts_ == 0 ? Duration::zero() : Backoff(kDelayMin, kDelayMax).after(restarts_);
  ++restarts_;
  handlers_.on_ended_by_itself(
      fmt::format("{}; restarting it{}", ended,
                  delay == Duration::zero() ? "" : " in " + show_duration(delay)));
  waiting_->restart.expires_after(delay);
  waiting_->restart.async_wait([this](const boost::system::error_code& ec) {
    if (!ec && wanted_ && !child_) launch();
  });
}

void Keeper::kill(Coroutine& coroutine) {
  wanted_ = false;
  waiting_->restart.cancel();
  if (child_) child_->signal(SIGKILL);
  wait_for_end(kKilledWithin, coroutine);
}

void Keeper::stop(Duration grace, Coroutine& coroutine) {
  wanted_ = false;
  waiting_->restart.cancel();
  if (child_) child_->signal(SIGTERM);
  if (child_) child_->signal(SIGCONT);  // A frozen program would never receive SIGTERM.
  wait_for_end(grace, coroutine);
  kill(coroutine);
}

void Keeper::wait_for_end(Duration timeout, Coroutine& coroutine) {
  const auto deadline = Clock::now() + timeout;
  while (child_ && Clock::now() < deadline) {
    waiting_->ended.sleep(deadline - Clock::now(), coroutine);
  }
}

void Keeper::hurry() {
  if (child_ && !wanted_) child_->signal(SIGKILL);
}

void Keeper::freeze() {
  if (child_) child_->signal(SIGSTOP);
}

void Keeper::thaw() {
  if (child_) child_->signal(SIGCONT);
}

}  // namespace hearth::cli
