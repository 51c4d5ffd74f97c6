#include "adapters/power/exec_power_driver.h"

#include <algorithm>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "adapters/loop/child_process.h"
#include "adapters/loop/coroutine.h"
#include "base/check.h"
#include "base/duration_text.h"

namespace hearth {

namespace {

using SteadyTime = std::chrono::steady_clock::time_point;

Duration left_until(SteadyTime deadline) {
  return std::max<Duration>(deadline - std::chrono::steady_clock::now(), Duration::zero());
}

/// The wait for a turn is this part of the time for a switch. Both together end before the caller
/// takes the answer for lost, which is after twice that time.
constexpr int kTurnPart = 2;

/// The program's exit codes for `status`.
constexpr int kOn = 0;
constexpr int kOff = 2;

constexpr int code_of(PowerVerb verb) {
  switch (verb) {
    case PowerVerb::kOn: return kOn;
    case PowerVerb::kOff: return kOff;
  }
  HEARTH_CHECK(false);
}

}  // namespace

class ExecPowerDriver::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& loop, ExecPowerConfig config)
      : loop_(loop), config_(std::move(config)) {
    HEARTH_CHECK(!config_.command.empty() && config_.switch_timeout > Duration::zero());
  }

  void begin(const NodeName& node, PowerVerb verb, Completion<void> done) {
    if (switches_ >= kSwitchesMax) {
      return answer(std::move(done),
                    fail(ErrorCode::kExhausted,
                         fmt::format("{} power switches are in progress already", switches_)));
    }
    ++switches_;
    start_coroutine(loop_, [self = shared_from_this(), node, verb,
                            done = std::move(done)](Coroutine& coroutine) mutable {
      Result<void> outcome = self->carry_out_in_turn(node, verb, coroutine);
      --self->switches_;
      self->answer(std::move(done), std::move(outcome));
    });
  }

  void close() {
    closed_ = true;
    for (ChildProcess* program : running_) program->kill();
    for (Sleeper* sleeper : sleeping_) sleeper->wake();
  }

 private:
  struct Task {
    NodeName node;
    PowerVerb verb;
    SteadyTime deadline;
  };

  void answer(Completion<void> done, Result<void> outcome) {
    // On the loop itself: neither within the call nor on a coroutine's small stack.
    boost::asio::post(
        loop_, [self = shared_from_this(), done = std::move(done), outcome = std::move(outcome)] {
          if (!self->closed_) done(outcome);
        });
  }

  Result<void> carry_out_in_turn(const NodeName& node, PowerVerb verb, Coroutine& coroutine) {
    const SteadyTime now = std::chrono::steady_clock::now();
    if (!wait_for_turn(now + config_.switch_timeout / kTurnPart, coroutine)) {
      return fail(ErrorCode::kExhausted,
                  fmt::format("{} power programs are running already; the switch of node '{}' did "
                              "not get its turn in time",
                              kProgramsMax, node.str()));
    }
    ++begun_;
    Result<void> outcome = carry_out(
        {node, verb, std::chrono::steady_clock::now() + config_.switch_timeout}, coroutine);
    --begun_;
    if (!waiting_.empty()) waiting_.front()->wake();
    return outcome;
  }

  Result<void> carry_out(const Task& task, Coroutine& coroutine) {
    const std::string_view verb = name_of(task.verb);
    const Result<ProcessEnd> switched = run(task, verb, coroutine);
    if (!switched) return tl::unexpected(switched.error());
    if (switched->code != 0) {
      return fail(ErrorCode::kFailed, complaint_about(task, verb, *switched));
    }
    std::string seen;
    do {
      const Result<ProcessEnd> status = run(task, "status", coroutine);
      if (!status) {
        // The deadline cuts off the last query, which then says less than the one before.
        if (seen.empty() || status.error().code != ErrorCode::kTimeout) {
          seen = status.error().message;
        }
      } else if (status->code == code_of(task.verb)) {
        return {};
      } else if (status->code == kOn || status->code == kOff) {
        seen = fmt::format("it is still {}", status->code == kOn ? "on" : "off");
      } else {
        seen = complaint_about(task, "status", *status);
      }
      if (closed_) break;
      sleep(std::min(config_.poll_interval, left_until(task.deadline)), coroutine);
    } while (left_until(task.deadline) > Duration::zero());
    return fail(ErrorCode::kTimeout,
                fmt::format("'{}' was asked to switch node '{}' {}, but after {}: {}",
                            config_.command.front(), task.node.str(), verb,
                            show_duration(config_.switch_timeout), seen));
  }

  Result<ProcessEnd> run(const Task& task, std::string_view action, Coroutine& coroutine) {
    Result<ChildProcess> program = ChildProcess::start(
        loop_, config_.command, fmt::format("action={}\nport={}\n", action, task.node.str()));
    if (!program) return tl::unexpected(program.error());
    running_.insert(&*program);
    Result<ProcessEnd> end = program->wait(left_until(task.deadline), coroutine);
    running_.erase(&*program);
    return end;
  }

  /// False if the turn did not come in time.
  bool wait_for_turn(SteadyTime deadline, Coroutine& coroutine) {
    if (begun_ < kProgramsMax && waiting_.empty()) return !closed_;
    Sleeper turn(loop_);
    waiting_.push_back(&turn);
    sleeping_.insert(&turn);
    while (!closed_ && left_until(deadline) > Duration::zero() &&
           (begun_ >= kProgramsMax || waiting_.front() != &turn)) {
      turn.sleep(left_until(deadline), coroutine);
    }
    sleeping_.erase(&turn);
    std::erase(waiting_, &turn);
    const bool in_time =
        !closed_ && begun_ < kProgramsMax && left_until(deadline) > Duration::zero();
    if (!waiting_.empty()) waiting_.front()->wake();  // There can be room for more than one.
    return in_time;
  }

  void sleep(Duration time, Coroutine& coroutine) {
    Sleeper sleeper(loop_);
    sleeping_.insert(&sleeper);
    sleeper.sleep(time, coroutine);
    sleeping_.erase(&sleeper);
  }

  std::string complaint_about(const Task& task, std::string_view action,
                              const ProcessEnd& end) const {
    return fmt::format("'{}' exited with {} on action={} for node '{}'{}{}",
                       config_.command.front(), end.code, action, task.node.str(),
                       end.complaint.empty() ? "" : ": ", end.complaint);
  }

  boost::asio::io_context& loop_;
  const ExecPowerConfig config_;
  std::size_t switches_ = 0;  ///< Including those that wait for their turn.
  std::size_t begun_ = 0;
  std::set<ChildProcess*> running_;
  std::deque<Sleeper*> waiting_;  ///< In the order of their turns.
  std::set<Sleeper*> sleeping_;   ///< All sleepers that close() must wake.
  bool closed_ = false;
};

ExecPowerDriver::ExecPowerDriver(boost::asio::io_context& loop, ExecPowerConfig config)
    : core_(std::make_shared<Core>(loop, std::move(config))) {}

ExecPowerDriver::~ExecPowerDriver() {
  core_->close();
}

void ExecPowerDriver::switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) {
  core_->begin(node, verb, std::move(done));
}

}  // namespace hearth
