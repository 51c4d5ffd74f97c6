#include "adapters/docker/engine_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/http/message_reader.h"
#include "adapters/http/transport.h"
#include "base/check.h"
#include "base/duration_text.h"

namespace hearth::docker {
namespace {

using Clock = std::chrono::steady_clock;
using http::ReadFault;

constexpr std::size_t kSocketPathBytesMax = 107;  // sockaddr_un::sun_path, with its final zero.

Error cannot_connect(const std::filesystem::path& socket, const std::error_code& ec) {
  const std::string& path = socket.native();
  if (ec == std::errc::no_such_file_or_directory || ec == std::errc::not_a_directory) {
    return {ErrorCode::kUnavailable,
            fmt::format("there is no Docker engine: no socket at '{}': install or start Docker, or "
                        "name the socket of the one that runs",
                        path)};
  }
  if (ec == std::errc::permission_denied) {
    return {ErrorCode::kUnauthorized,
            fmt::format("this user may not use the Docker engine: no permission for '{}': add the "
                        "user to the socket's group (most often 'docker')",
                        path)};
  }
  if (ec == std::errc::connection_refused) {
    return {ErrorCode::kUnavailable,
            fmt::format("the Docker engine does not run: nobody listens at '{}': start it", path)};
  }
  return {ErrorCode::kUnavailable,
          fmt::format("cannot reach the Docker engine at '{}': {}", path, ec.message())};
}

Error too_slow(const std::string& doing, Duration limit) {
  return {ErrorCode::kTimeout,
          fmt::format("the Docker engine did not {} within {}: whether it still does is not known",
                      doing, show_duration(limit))};
}

Error broke_off(const std::string& doing) {
  return {ErrorCode::kUnavailable,
          fmt::format("the Docker engine broke off the connection when it was to {}", doing)};
}

Error too_large(const std::string& doing, std::size_t bytes_max) {
  return {ErrorCode::kExhausted,
          fmt::format("the Docker engine's answer, when it was to {}, is larger than {} KiB", doing,
                      bytes_max / 1024)};
}

}  // namespace

/// One connection, and the request that is under way on it.
class EngineConnection {
 public:
  explicit EngineConnection(EngineClient& client)
      : transport(client.loop_),
        reader(transport, http::MessageReader::Kind::kAnswers),
        client_(client) {
    client_.open_.insert(this);
  }
  ~EngineConnection() { client_.open_.erase(this); }
  EngineConnection(const EngineConnection&) = delete;
  EngineConnection& operator=(const EngineConnection&) = delete;

  void begin(const EngineRequest& request) {
    doing = request.doing;
    patience = request.patience;
    give_up_ =
        patience.whole == kForEver ? Clock::time_point::max() : Clock::now() + patience.whole;
  }
  /// What is left for a step that may take `step`.
  Duration left(Duration step) const {
    return std::clamp<Duration>(give_up_ - Clock::now(), Duration::zero(), step);
  }

  Result<void> send(std::string_view head, std::string_view body, Coroutine& coroutine) {
    return sent(transport.write({head, body}, left(patience.piece), coroutine));
  }
  Result<void> send(std::string_view piece, Coroutine& coroutine) {
    return sent(transport.write({piece}, left(patience.piece), coroutine));
  }

  /// The answer's status.
  Result<unsigned> read_head(Coroutine& coroutine) {
    do {  // Answers below 200 only announce the real one.
      const Duration limit = left(patience.answer);
      const ReadFault fault = reader.read_head(head_, {limit, limit}, coroutine);
      if (fault != ReadFault::kNone) return tl::unexpected(explain(fault, patience.answer));
    } while (head_.status < 200);
    return head_.status;
  }
  Result<std::string_view> read_body(Coroutine& coroutine) {
    std::string_view bytes;
    const ReadFault fault = reader.read_body(bytes, left(patience.piece), coroutine);
    if (fault != ReadFault::kNone) return tl::unexpected(explain(fault, patience.piece));
    return bytes;
  }
  Result<std::string> read_rest(std::size_t bytes_max, Coroutine& coroutine) {
    std::string body;
    for (;;) {
      const auto piece = read_body(coroutine);
      if (!piece) return tl::unexpected(piece.error());
      if (piece->empty()) return body;
      if (body.size() + piece->size() > bytes_max) {
        return tl::unexpected(too_large(doing, bytes_max));
      }
      body += *piece;
    }
  }

  bool reusable() const { return reader.complete() && head_.keep_alive; }

  http::Transport transport;
  http::MessageReader reader;
  std::string doing;
  Patience patience{};

 private:
  Result<void> sent(const std::error_code& ec) const {
    if (!ec) return {};
    if (ec == std::errc::timed_out) return tl::unexpected(too_slow(doing, patience.piece));
    return tl::unexpected(broke_off(doing));
  }
  Error explain(ReadFault fault, Duration step) const {
    switch (fault) {
      case ReadFault::kTimedOut: return too_slow(doing, std::min(step, patience.whole));
      case ReadFault::kMalformed:
        return {ErrorCode::kCorrupt,
                fmt::format("the Docker engine's answer, when it was to {}, is not HTTP", doing)};
      case ReadFault::kTooLarge: return too_large(doing, http::MessageReader::kHeadBytesMax);
      case ReadFault::kNone:
      case ReadFault::kClosed:
      case ReadFault::kStopped: break;
    }
    return broke_off(doing);
  }

  EngineClient& client_;
  http::MessageHead head_;
  Clock::time_point give_up_;
};

AnswerStream::AnswerStream(std::unique_ptr<EngineConnection> connection, unsigned status)
    : connection_(std::move(connection)), status_(status) {}
AnswerStream::~AnswerStream() = default;
AnswerStream::AnswerStream(AnswerStream&&) noexcept = default;

Result<std::string_view> AnswerStream::next(Coroutine& coroutine) {
  return connection_->read_body(coroutine);
}

Result<std::string> AnswerStream::rest(std::size_t bytes_max, Coroutine& coroutine) {
  return connection_->read_rest(bytes_max, coroutine);
}

EngineClient::EngineClient(boost::asio::io_context& loop, std::filesystem::path socket)
    : loop_(loop), socket_(std::move(socket)) {}
EngineClient::~EngineClient() = default;

Result<EngineAnswer> EngineClient::ask(const EngineRequest& request, Coroutine& coroutine) {
  auto stream = open(request, coroutine);
  if (!stream) return tl::unexpected(stream.error());
  auto body = stream->rest(kAnswerBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  keep(std::move(stream->connection_));
  return EngineAnswer{stream->status(), std::move(*body)};
}

Result<AnswerStream> EngineClient::open(const EngineRequest& request, Coroutine& coroutine) {
  auto connection = connect(request, coroutine);
  if (!connection) return tl::unexpected(connection.error());
  const std::string head = head_of(request, request.body.size(), "application/json");
  if (auto sent = (*connection)->send(head, request.body, coroutine); !sent) {
    return tl::unexpected(sent.error());
  }
  const auto status = (*connection)->read_head(coroutine);
  if (!status) return tl::unexpected(status.error());
  return AnswerStream(std::move(*connection), *status);
}

Result<AnswerStream> EngineClient::open(const EngineRequest& request, const Upload& upload,
                                        Coroutine& coroutine) {
  auto connection = connect(request, coroutine);
  if (!connection) return tl::unexpected(connection.error());
  const std::string head = head_of(request, upload.size, "application/x-tar");
  Result<void> sent = (*connection)->send(head, coroutine);
  for (std::uint64_t done = 0; sent && done < upload.size;) {
    const auto piece = upload.next(coroutine);
    if (!piece) return tl::unexpected(piece.error());
    sent = (*connection)->send(*piece, coroutine);
    done += piece->size();
  }
  // An engine that refuses says so and hangs up before it has read everything: its words tell more
  // than the broken pipe.
  if (!sent && sent.error().code == ErrorCode::kTimeout) return tl::unexpected(sent.error());
  const auto status = (*connection)->read_head(coroutine);
  if (!status) return tl::unexpected(sent ? status.error() : sent.error());
  return AnswerStream(std::move(*connection), *status);
}

/// An open connection, the version agreed on, and the request's time begun.
Result<std::unique_ptr<EngineConnection>> EngineClient::connect(const EngineRequest& request,
                                                                Coroutine& coroutine) {
  std::unique_ptr<EngineConnection> connection;
  while (!connection && !idle_.empty()) {
    connection = std::move(idle_.back());
    idle_.pop_back();
    // An engine that was started anew has hung up. To notice it now keeps the request from failing
    // in a way that leaves open whether it was carried out.
    if (!connection->transport.quiet()) connection = nullptr;
  }
  if (!connection && !closed_) {
    if (socket_.native().size() > kSocketPathBytesMax) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("the Docker socket's path '{}' is longer than the {} bytes that the "
                              "system allows",
                              socket_.native(), kSocketPathBytesMax));
    }
    connection = std::make_unique<EngineConnection>(*this);
    connection->doing = request.doing;
    const std::error_code ec =
        connection->transport.connect_local(socket_, request.patience.answer, coroutine);
    if (ec == std::errc::timed_out) {
      return tl::unexpected(too_slow(request.doing, request.patience.answer));
    }
    if (ec) return tl::unexpected(cannot_connect(socket_, ec));
  }
  if (closed_) return tl::unexpected(broke_off(request.doing));
  connection->begin(request);
  if (!version_) {
    if (auto agreed = agree_on_version(*connection, coroutine); !agreed) {
      return tl::unexpected(agreed.error());
    }
  }
  return connection;
}

Result<void> EngineClient::agree_on_version(EngineConnection& connection, Coroutine& coroutine) {
  constexpr std::size_t kVersionBytesMax = 256 * 1024;
  if (auto sent = connection.send("GET /version HTTP/1.1\r\nHost: docker\r\n\r\n", coroutine);
      !sent) {
    return sent;
  }
  const auto status = connection.read_head(coroutine);
  if (!status) return tl::unexpected(status.error());
  const auto body = connection.read_rest(kVersionBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  if (*status != 200) return tl::unexpected(refusal(*status, *body, "tell its version"));
  const auto version = choose_api_version(*body);
  if (!version) return tl::unexpected(version.error());
  version_ = *version;
  return {};
}

std::string EngineClient::head_of(const EngineRequest& request, std::uint64_t body_size,
                                  std::string_view content_type) const {
  HEARTH_CHECK(version_.has_value());
  std::string head = fmt::format("{} /v{}.{}{} HTTP/1.1\r\nHost: docker\r\n", request.method,
                                 version_->major, version_->minor, request.target);
  if (body_size != 0) {
    head += fmt::format("Content-Type: {}\r\n", content_type);
  }
  if (body_size != 0 || request.method == "POST") {
    head += fmt::format("Content-Length: {}\r\n", body_size);
  }
  return head + "\r\n";
}

void EngineClient::keep(std::unique_ptr<EngineConnection> connection) {
  if (closed_ || !connection->reusable() || idle_.size() >= kIdleConnectionsMax) return;
  idle_.push_back(std::move(connection));
}

void EngineClient::break_off(std::string_view doing) {
  for (EngineConnection* connection : open_) {
    if (connection->doing == doing) connection->transport.close();
  }
}

void EngineClient::forget() {
  version_.reset();
  idle_.clear();
}

void EngineClient::close() {
  closed_ = true;
  idle_.clear();
  for (EngineConnection* connection : open_) connection->transport.close();
}

}  // namespace hearth::docker
