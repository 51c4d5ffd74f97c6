#include "adapters/probe/asio_prober.h"

#include <deque>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>

#include "adapters/http/message_reader.h"
#include "adapters/http/transfer_pace.h"
#include "adapters/http/transport.h"
#include "adapters/loop/coroutine.h"
#include "adapters/probe/check_words.h"
#include "adapters/probe/http_probe.h"
#include "base/check.h"
#include "base/duration_text.h"

namespace hearth {
namespace {

namespace asio = boost::asio;
using Clock = std::chrono::steady_clock;
using Done = std::function<void(ProbeResult)>;

constexpr std::string_view kThisNode = "127.0.0.1";

struct Waiting {
  ProbeRequest request;
  Done done;
  Clock::time_point give_up;  ///< When its turn would come too late.
};

/// One check in progress.
struct Attempt {
  Attempt(asio::io_context& loop, Waiting waiting)
      : request(std::move(waiting.request)),
        done(std::move(waiting.done)),
        transport(loop),
        command_limit(loop),
        countdown(request.timeout) {}

  ProbeRequest request;
  Done done;
  http::Transport transport;
  asio::steady_timer command_limit;
  http::Countdown countdown;
};

std::string address_of(const ProbeRequest& request) {
  return request.network == NetworkMode::kHost ? std::string(kThisNode) : request.address;
}

/// Empty: the container can be connected to.
std::string unreachable_because(const ProbeRequest& request) {
  const std::string address = address_of(request);
  if (address.empty()) return "the container has no address yet";
  // A name would be resolved on a thread, and containers have none.
  boost::system::error_code ec;
  asio::ip::make_address(address, ec);
  return ec ? fmt::format("'{}' is not an IP address", probe::as_one_line(address)) : "";
}

ProbeResult connect(Attempt& attempt, std::uint16_t port, Coroutine& coroutine) {
  const Endpoint server{address_of(attempt.request), port};
  const std::error_code error =
      attempt.transport.connect(server, attempt.countdown.left(), coroutine);
  return error ? probe::unconnected(error, attempt.request.timeout) : probe::succeeded();
}

/// As connect(), and then a request and the head of its answer. Announcements of an answer (a
/// status below 200) are passed over.
ProbeResult ask(Attempt& attempt, const HttpCheck& check, Coroutine& coroutine) {
  ProbeResult connected = connect(attempt, check.port, coroutine);
  if (connected.outcome != ProbeOutcome::kSucceeded) return connected;
  const Duration timeout = attempt.request.timeout;
  const std::string request = probe::request_of(check, {address_of(attempt.request), check.port});
  const std::error_code error =
      attempt.transport.write({request}, attempt.countdown.left(), coroutine);
  if (error == std::errc::timed_out) return probe::timed_out(timeout);
  // Else the answer may have been sent before the end.
  http::MessageReader reader(attempt.transport, http::MessageReader::Kind::kAnswers,
                             AsioProber::kHeadBytesMax);
  http::MessageHead head;
  do {
    const Duration left = attempt.countdown.left();
    const http::ReadFault fault = reader.read_head(head, {left, left}, coroutine);
    if (fault != http::ReadFault::kNone) return probe::unanswered(fault, timeout);
  } while (head.status < 200);
  return probe::answered(head.status);
}

}  // namespace

class AsioProber::Core : public std::enable_shared_from_this<AsioProber::Core> {
 public:
  Core(asio::io_context& loop, ExecRunner exec, std::size_t checks_max)
      : loop_(loop), exec_(std::move(exec)), checks_max_(checks_max), turn_limit_(loop) {
    HEARTH_CHECK(checks_max > 0);
  }

  void add(ProbeRequest request, Done done) {
    HEARTH_CHECK(request.timeout > Duration::zero());
    if (line_.size() >= kWaitingMax) {
      return tell(std::move(done),
                  probe::not_run(fmt::format("{} checks are in progress on this node, and {} wait",
                                             running_.size(), line_.size())));
    }
    line_.push_back({std::move(request), std::move(done), Clock::now() + kTurnWaitMax});
    begin_soon();
  }

  void close() {
    closed_ = true;
    line_.clear();
    turn_limit_.cancel();
    for (const auto& [number, attempt] : std::exchange(running_, {})) {
      attempt->transport.close();
      attempt->command_limit.cancel();
    }
  }

 private:
  /// Never within the call that asked for it, as a check can end at once.
  void begin_soon() {
    if (std::exchange(beginning_, true)) return;
    asio::post(loop_, [self = shared_from_this()] {
      self->beginning_ = false;
      if (self->closed_) return;
      while (!self->line_.empty() && self->running_.size() < self->checks_max_) self->begin_next();
      self->watch_line();
    });
  }

  void begin_next() {
    const std::uint64_t number = ++begun_;
    const auto attempt = std::make_shared<Attempt>(loop_, std::move(line_.front()));
    line_.pop_front();
    running_.emplace(number, attempt);
    if (const auto* check = std::get_if<ExecCheck>(&attempt->request.check)) {
      return run_command(number, *attempt, *check);
    }
    if (std::string because = unreachable_because(attempt->request); !because.empty()) {
      return end(number, probe::not_run(std::move(because)));
    }
    start_coroutine(loop_, [self = shared_from_this(), number, attempt](Coroutine& coroutine) {
      const auto* check = std::get_if<HttpCheck>(&attempt->request.check);
      self->end(number, check != nullptr
                            ? ask(*attempt, *check, coroutine)
                            : connect(*attempt, std::get<TcpCheck>(attempt->request.check).port,
                                      coroutine));
    });
  }

  void run_command(std::uint64_t number, Attempt& attempt, const ExecCheck& check) {
    const Duration timeout = attempt.request.timeout;
    attempt.command_limit.expires_after(timeout + kCommandGrace);
    attempt.command_limit.async_wait(
        [weak = weak_from_this(), number](const boost::system::error_code& ec) {
          const auto self = weak.lock();
          if (!ec && self) {
            self->end(number, probe::not_run("the container runtime did not say how it ended"));
          }
        });
    exec_(attempt.request.container, check.command, timeout,
          [weak = weak_from_this(), number, timeout](const Result<CommandEnd>& end) {
            if (const auto self = weak.lock()) self->end(number, probe::ended(end, timeout));
          });
  }

  void end(std::uint64_t number, ProbeResult result) {
    const auto running = running_.find(number);
    if (running == running_.end()) return;  // It has ended, or the prober is gone.
    const std::shared_ptr<Attempt> attempt = running->second;
    running_.erase(running);
    attempt->transport.close();
    attempt->command_limit.cancel();
    const Duration late_by = attempt->countdown.passed() - attempt->request.timeout;
    const bool is_command = std::holds_alternative<ExecCheck>(attempt->request.check);
    if (result.outcome == ProbeOutcome::kTimedOut && !is_command && late_by > kLatenessMax) {
      result =
          probe::not_run(fmt::format("the agent itself was late, by {}", show_duration(late_by)));
    }
    tell(std::move(attempt->done), std::move(result));
    begin_soon();
  }

  /// Ends what does not get its turn in time, and looks again when the next one is due.
  void watch_line() {
    while (!line_.empty() && line_.front().give_up <= Clock::now()) {
      tell(std::move(line_.front().done),
           probe::not_run(fmt::format("{} checks were in progress on this node for {}",
                                      running_.size(), show_duration(kTurnWaitMax))));
      line_.pop_front();
    }
    if (line_.empty() || std::exchange(watching_, true)) return;
    turn_limit_.expires_at(line_.front().give_up);
    turn_limit_.async_wait([weak = weak_from_this()](const boost::system::error_code&) {
      const auto self = weak.lock();
      if (!self || self->closed_) return;
      self->watching_ = false;
      self->watch_line();
    });
  }

  /// On the loop itself: neither within the caller's call nor on a coroutine's small stack, since
  /// how deep the callback goes is not known.
  void tell(Done done, ProbeResult result) {
    asio::post(loop_, [self = shared_from_this(), done = std::move(done),
                       result = std::move(result)]() mutable {
      if (!self->closed_) done(std::move(result));
    });
  }

  asio::io_context& loop_;
  const ExecRunner exec_;
  const std::size_t checks_max_;
  std::deque<Waiting> line_;
  std::map<std::uint64_t, std::shared_ptr<Attempt>> running_;
  std::uint64_t begun_ = 0;  ///< Checks, ever: the number of the latest.
  asio::steady_timer turn_limit_;
  bool beginning_ = false;
  bool watching_ = false;
  bool closed_ = false;
};

AsioProber::AsioProber(asio::io_context& loop, ExecRunner exec, std::size_t checks_max)
    : core_(std::make_shared<Core>(loop, std::move(exec), checks_max)) {}

AsioProber::~AsioProber() {
  core_->close();
}

void AsioProber::run(ProbeRequest request, std::function<void(ProbeResult)> done) {
  core_->add(std::move(request), std::move(done));
}

}  // namespace hearth
