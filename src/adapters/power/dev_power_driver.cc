#include "adapters/power/dev_power_driver.h"

#include <array>
#include <set>
#include <string>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>

#include "adapters/http/transport.h"
#include "adapters/loop/coroutine.h"
#include "base/duration_text.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth {

namespace {

constexpr std::size_t kAnswerBytesMax = 4096;

struct Answer {
  bool ok = false;
  std::string state;
  std::string error;
};

std::string question(std::string_view node, PowerVerb verb) {
  JsonWriter out;
  out.begin_object().field("action", name_of(verb)).field("node", node).end_object();
  return std::move(out).text() + "\n";
}

Result<Answer> parse_answer(std::string_view line) {
  const auto text_of = [](const JsonValue& value) {
    return std::string(value.text().value_or(""));
  };
  return decode_json(line, {.bytes_max = kAnswerBytesMax}, ErrorCode::kCorrupt,
                     [&](JsonObject& in) -> std::optional<Answer> {
                       Answer answer;
                       answer.ok = in.required("ok").boolean().value_or(false);
                       answer.state = text_of(in.optional("state"));
                       answer.error = text_of(in.optional("error"));
                       return answer;
                     });
}

}  // namespace

class DevPowerDriver::Core : public std::enable_shared_from_this<Core> {
 public:
  Core(boost::asio::io_context& loop, DevPowerConfig config)
      : loop_(loop), config_(std::move(config)) {}

  void begin(const NodeName& node, PowerVerb verb, Completion<void> done) {
    start_coroutine(loop_, [self = shared_from_this(), node, verb,
                            done = std::move(done)](Coroutine& coroutine) mutable {
      Result<void> outcome = self->carry_out(node, verb, coroutine);
      boost::asio::post(self->loop_, [self, done = std::move(done), outcome = std::move(outcome)] {
        if (!self->closed_) done(outcome);
      });
    });
  }

  void close() {
    closed_ = true;
    for (http::Transport* transport : open_) transport->close();
  }

 private:
  Result<void> carry_out(const NodeName& node, PowerVerb verb, Coroutine& coroutine) {
    http::Transport transport(loop_);
    if (closed_) return fail(ErrorCode::kUnavailable, "given up");
    open_.insert(&transport);
    const Result<Answer> answer =
        ask(transport, question(node.str(), verb), coroutine).and_then(parse_answer);
    open_.erase(&transport);
    if (!answer) {
      return fail(answer.error().code,
                  fmt::format("the power switch of the dev nodes ('{}'): {}",
                              config_.socket.string(), answer.error().message));
    }
    if (!answer->ok) return fail(ErrorCode::kFailed, "hearth dev: " + answer->error);
    if (answer->state != name_of(verb)) {
      return fail(
          ErrorCode::kFailed,
          fmt::format("hearth dev was told to switch node '{}' {}, and says that it is '{}'",
                      node.str(), name_of(verb), answer->state));
    }
    return {};
  }

  /// The line that answers `line`.
  Result<std::string> ask(http::Transport& transport, const std::string& line,
                          Coroutine& coroutine) const {
    using Clock = std::chrono::steady_clock;
    const Clock::time_point deadline = Clock::now() + config_.switch_timeout;
    const auto left = [&] {
      return std::max<Duration>(deadline - Clock::now(), std::chrono::milliseconds(1));
    };
    if (const std::error_code ec = transport.connect_local(config_.socket, left(), coroutine)) {
      return tl::unexpected(error_of(ec));
    }
    if (const std::error_code ec = transport.write({line}, left(), coroutine)) {
      return tl::unexpected(error_of(ec));
    }
    std::string answer;
    std::array<char, 512> piece;
    while (answer.size() <= kAnswerBytesMax) {
      const http::Transfer read =
          transport.read_some(piece.data(), piece.size(), left(), coroutine);
      if (read.error) return tl::unexpected(error_of(read.error));
      if (read.bytes == 0) return fail(ErrorCode::kUnavailable, "closed without an answer");
      answer.append(piece.data(), read.bytes);
      if (const std::size_t end = answer.find('\n'); end != std::string::npos) {
        return answer.substr(0, end);
      }
    }
    return fail(ErrorCode::kCorrupt, "an answer without end");
  }

  Error error_of(const std::error_code& ec) const {
    if (ec == std::errc::timed_out) {
      return {ErrorCode::kTimeout,
              fmt::format("no answer within {}", show_duration(config_.switch_timeout))};
    }
    return {ErrorCode::kUnavailable, ec.message() + "; is 'hearth dev' running?"};
  }

  boost::asio::io_context& loop_;
  const DevPowerConfig config_;
  std::set<http::Transport*> open_;
  bool closed_ = false;
};

DevPowerDriver::DevPowerDriver(boost::asio::io_context& loop, DevPowerConfig config)
    : core_(std::make_shared<Core>(loop, std::move(config))) {}

DevPowerDriver::~DevPowerDriver() {
  core_->close();
}

void DevPowerDriver::switch_power(const NodeName& node, PowerVerb verb, Completion<void> done) {
  core_->begin(node, verb, std::move(done));
}

}  // namespace hearth
