#include "adapters/http/http_dialer.h"

#include <deque>
#include <set>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "adapters/http/message_reader.h"
#include "adapters/http/transport.h"

namespace hearth {

namespace {

constexpr std::size_t kDialsMax = 256;
constexpr unsigned kNotThatNode = 404;

struct Dial {
  NodeName node;
  Endpoint agent;
  Duration timeout;
  std::function<void(DialOutcome)> done;
};

/// Whether that may be a fault of this machine, which says nothing about the other. Among them is
/// ENETUNREACH, though a router on the way may have said so of a site that is gone: this machine
/// without a route would otherwise bear witness against every node. Not among them: EHOSTUNREACH,
/// for that is what the last router says of a machine that is off.
bool is_ours(const std::error_code& error) {
  for (const std::errc local :
       {std::errc::too_many_files_open, std::errc::too_many_files_open_in_system,
        std::errc::no_buffer_space, std::errc::not_enough_memory, std::errc::address_not_available,
        std::errc::network_unreachable, std::errc::network_down, std::errc::operation_not_permitted,
        std::errc::permission_denied, std::errc::resource_unavailable_try_again}) {
    if (error == local) return true;
  }
  return false;
}

DialOutcome carry_out(const Dial& dial, const std::string& token, http::Transport& transport,
                      Coroutine& coroutine) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun_at = Clock::now();
  const auto left = [&] { return dial.timeout - Duration(Clock::now() - begun_at); };
  const std::error_code connected = transport.connect(dial.agent, dial.timeout, coroutine);
  if (connected == std::errc::connection_refused || connected == std::errc::connection_reset) {
    return DialOutcome::kRefused;
  }
  if (is_ours(connected)) return DialOutcome::kNotAsked;
  if (connected) return DialOutcome::kNoAnswer;
  std::string request = "GET /v1/dial/" + dial.node.str() +
                        " HTTP/1.1\r\nHost: " + show_endpoint(dial.agent) + "\r\n";
  if (!token.empty()) request += "Authorization: Bearer " + token + "\r\n";
  request += "Connection: close\r\n\r\n";
  if (transport.write({request}, left(), coroutine)) return DialOutcome::kNoAnswer;
  http::MessageReader reader(transport, http::MessageReader::Kind::kAnswers);
  http::MessageHead head;
  const Duration rest = left();
  const http::ReadFault fault = reader.read_head(head, {rest, rest}, coroutine);
  if (fault != http::ReadFault::kNone || head.status == kNotThatNode) return DialOutcome::kNoAnswer;
  return DialOutcome::kAnswered;
}

}  // namespace

class HttpDialer::Core : public std::enable_shared_from_this<HttpDialer::Core> {
 public:
  Core(boost::asio::io_context& loop, std::string token) : loop_(loop), token_(std::move(token)) {}

  void add(Dial dial) {
    waiting_.push_back(std::move(dial));
    begin_next();
  }

  void close() {
    closed_ = true;
    waiting_.clear();
    for (http::Transport* transport : open_) transport->close();
  }

 private:
  void begin_next() {
    if (waiting_.empty() || running_ >= kDialsMax) return;
    ++running_;
    start_coroutine(loop_,
                    [self = shared_from_this(), dial = std::move(waiting_.front())](
                        Coroutine& coroutine) mutable { self->run(std::move(dial), coroutine); });
    waiting_.pop_front();
  }

  void run(Dial dial, Coroutine& coroutine) {
    if (closed_) return;
    http::Transport transport(loop_);
    open_.insert(&transport);
    const DialOutcome outcome = carry_out(dial, token_, transport, coroutine);
    open_.erase(&transport);
    --running_;
    begin_next();
    // From the loop itself, not on the coroutine's small stack: who knows how deep its work goes.
    boost::asio::post(loop_, [self = shared_from_this(), done = std::move(dial.done), outcome] {
      if (!self->closed_) done(outcome);
    });
  }

  boost::asio::io_context& loop_;
  const std::string token_;
  std::deque<Dial> waiting_;  ///< At most one per node: the manager dials none twice at once.
  std::size_t running_ = 0;
  std::set<http::Transport*> open_;
  bool closed_ = false;
};

HttpDialer::HttpDialer(boost::asio::io_context& loop, std::string token)
    : core_(std::make_shared<Core>(loop, std::move(token))) {}

HttpDialer::~HttpDialer() {
  core_->close();
}

void HttpDialer::dial(const NodeName& node, const Endpoint& agent, Duration timeout,
                      std::function<void(DialOutcome)> done) {
  core_->add({node, agent, timeout, std::move(done)});
}

}  // namespace hearth
