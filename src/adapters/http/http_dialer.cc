#include "adapters/http/http_dialer.h"

#include <list>
#include <map>
#include <utility>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "adapters/http/message_head.h"
#include "adapters/http/message_reader.h"
#include "adapters/http/own_fault.h"
#include "adapters/http/transfer_pace.h"
#include "adapters/http/transport.h"
#include "wire/endpoint_text.h"

namespace hearth {

namespace {

constexpr std::size_t kBegunAtOnce = 64;
constexpr unsigned kNotThatNode = 404;

struct Dial {
  NodeName node;
  Endpoint agent;
  Duration timeout;
  std::function<void(DialOutcome)> done;
};

std::string request_of(const Dial& dial, const std::string& token) {
  http::HeadWriter head = http::HeadWriter::request("GET", "/v1/dial/" + dial.node.str());
  head.field("Host", show_endpoint(dial.agent));
  if (!token.empty()) head.field("Authorization", "Bearer " + token);
  head.field("Connection", "close");
  return head.finish();
}

DialOutcome outcome_of(const std::error_code& error) {
  if (error == std::errc::connection_refused || error == std::errc::connection_reset) {
    return DialOutcome::kRefused;
  }
  return http::is_own_fault(error) ? DialOutcome::kNotAsked : DialOutcome::kNoAnswer;
}

/// One dial in progress.
struct Attempt {
  Attempt(boost::asio::io_context& loop, Dial the_dial)
      : dial(std::move(the_dial)), transport(loop), countdown(dial.timeout) {}

  Dial dial;
  http::Transport transport;
  http::Countdown countdown;
};

DialOutcome hear_out(Attempt& attempt, Coroutine& coroutine) {
  http::MessageReader reader(attempt.transport, http::MessageReader::Kind::kAnswers);
  http::MessageHead head;
  const Duration left = attempt.countdown.left();
  const http::ReadFault fault = reader.read_head(head, {left, left}, coroutine);
  if (fault != http::ReadFault::kNone || head.status == kNotThatNode) return DialOutcome::kNoAnswer;
  return DialOutcome::kAnswered;
}

}  // namespace

class HttpDialer::Core : public std::enable_shared_from_this<HttpDialer::Core> {
 public:
  Core(boost::asio::io_context& loop, std::string token, std::size_t dials_max)
      : loop_(loop), token_(std::move(token)), dials_max_(dials_max) {}

  void add(Dial dial) {
    if (const auto waiting = waiting_by_node_.find(dial.node); waiting != waiting_by_node_.end()) {
      std::swap(*waiting->second, dial);
      tell(std::move(dial), DialOutcome::kNotAsked);
    } else if (const auto running = running_.find(dial.node); running != running_.end()) {
      const std::shared_ptr<Attempt> former = running->second;
      running_.erase(running);
      former->transport.close();
      tell(std::move(former->dial), DialOutcome::kNotAsked);
      wait_in_line(waiting_.begin(), std::move(dial));
    } else {
      wait_in_line(waiting_.end(), std::move(dial));
    }
    begin_soon();
  }

  void close() {
    closed_ = true;
    waiting_.clear();
    waiting_by_node_.clear();
    for (const auto& [node, attempt] : std::exchange(running_, {})) attempt->transport.close();
  }

 private:
  using Line = std::list<Dial>;

  void wait_in_line(Line::iterator before, Dial dial) {
    const auto place = waiting_.insert(before, std::move(dial));
    waiting_by_node_.emplace(place->node, place);
  }

  /// Begins a few at a time, so that dialling a whole fleet does not block the loop.
  void begin_soon() {
    if (beginning_ || waiting_.empty() || running_.size() >= dials_max_) return;
    beginning_ = true;
    boost::asio::post(loop_, [self = shared_from_this()] {
      self->beginning_ = false;
      for (std::size_t i = 0; i < kBegunAtOnce; ++i) self->begin_next();
      self->begin_soon();
    });
  }

  void begin_next() {
    if (waiting_.empty() || running_.size() >= dials_max_) return;
    auto attempt = std::make_shared<Attempt>(loop_, std::move(waiting_.front()));
    waiting_by_node_.erase(attempt->dial.node);
    waiting_.pop_front();
    running_.emplace(attempt->dial.node, attempt);
    attempt->transport.call_out(
        attempt->dial.agent, request_of(attempt->dial, token_), attempt->dial.timeout,
        [self = shared_from_this(), attempt](std::error_code error) {
          if (error) return self->end(attempt, outcome_of(error));
          start_coroutine(self->loop_, [self, attempt](Coroutine& coroutine) {
            self->end(attempt, hear_out(*attempt, coroutine));
          });
        });
  }

  void end(const std::shared_ptr<Attempt>& attempt, DialOutcome outcome) {
    const auto running = running_.find(attempt->dial.node);
    if (running == running_.end() || running->second != attempt) return;  // It was replaced.
    running_.erase(running);
    tell(std::move(attempt->dial), outcome);
    begin_soon();
  }

  /// On the loop itself: neither within the caller's call nor on a coroutine's small stack, since
  /// how deep the callback goes is not known.
  void tell(Dial dial, DialOutcome outcome) {
    boost::asio::post(loop_, [self = shared_from_this(), done = std::move(dial.done), outcome] {
      if (!self->closed_) done(outcome);
    });
  }

  boost::asio::io_context& loop_;
  const std::string token_;
  const std::size_t dials_max_;
  Line waiting_;
  std::map<NodeName, Line::iterator> waiting_by_node_;
  std::map<NodeName, std::shared_ptr<Attempt>> running_;
  bool beginning_ = false;
  bool closed_ = false;
};

HttpDialer::HttpDialer(boost::asio::io_context& loop, std::string token, std::size_t dials_max)
    : core_(std::make_shared<Core>(loop, std::move(token), dials_max)) {}

HttpDialer::~HttpDialer() {
  core_->close();
}

void HttpDialer::dial(const NodeName& node, const Endpoint& agent, Duration timeout,
                      std::function<void(DialOutcome)> done) {
  core_->add({node, agent, timeout, std::move(done)});
}

}  // namespace hearth
