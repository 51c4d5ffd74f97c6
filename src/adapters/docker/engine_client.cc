#include "adapters/docker/engine_client.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "adapters/http/message_head.h"
#include "base/check.h"
#include "base/duration_text.h"

namespace hearth::docker {
namespace {

using http::CallFailure;
using http::ClientConnection;
using http::HeadWriter;
using http::MessageHead;
using http::MessageReader;

constexpr std::size_t kSocketPathBytesMax = 107;  // sockaddr_un::sun_path, with its final zero.

Error cannot_connect(const std::filesystem::path& socket, const std::error_code& ec) {
  const std::string& path = socket.native();
  if (ec == std::errc::no_such_file_or_directory || ec == std::errc::not_a_directory) {
    return {ErrorCode::kUnavailable,
            fmt::format("cannot find a Docker engine: no socket at '{}'; install or start Docker, "
                        "or name the socket of a running one",
                        path)};
  }
  if (ec == std::errc::permission_denied) {
    return {ErrorCode::kUnauthorized,
            fmt::format("no permission to use the Docker engine at '{}'; add this user to the "
                        "socket's group (usually 'docker')",
                        path)};
  }
  if (ec == std::errc::connection_refused) {
    return {
        ErrorCode::kUnavailable,
        fmt::format("the Docker engine is not running: nothing listens at '{}'; start it", path)};
  }
  return {ErrorCode::kUnavailable,
          fmt::format("cannot reach the Docker engine at '{}': {}", path, ec.message())};
}

Error broke_off(const std::string& doing) {
  return {ErrorCode::kUnavailable,
          fmt::format("the Docker engine closed the connection when asked to {}", doing)};
}

/// Puts the failures of a request into words.
http::CallWords words_for(const std::filesystem::path& socket, const std::string& doing) {
  return [socket, doing](const CallFailure& failure) -> Error {
    switch (failure.kind) {
      case CallFailure::Kind::kUnreachable: return cannot_connect(socket, failure.error);
      case CallFailure::Kind::kTooSlow:
        return {ErrorCode::kTimeout,
                fmt::format("the Docker engine did not {} within {}; it might still be doing so",
                            doing, show_duration(failure.limit))};
      case CallFailure::Kind::kNotHttp:
        return {ErrorCode::kCorrupt,
                fmt::format("the Docker engine's answer when asked to {} is not HTTP", doing)};
      case CallFailure::Kind::kTooLarge:
        return {ErrorCode::kExhausted,
                fmt::format("the Docker engine's answer when asked to {} is larger than {} KiB",
                            doing, failure.bytes_max / 1024)};
      case CallFailure::Kind::kBrokeOff:
      case CallFailure::Kind::kGivenUp: break;
    }
    return broke_off(doing);
  };
}

Result<unsigned> read_status(ClientConnection& connection, Coroutine& coroutine) {
  const Result<const MessageHead*> head =
      connection.read_head(MessageReader::Body::kAsFramed, coroutine);
  if (!head) return tl::unexpected(head.error());
  return (*head)->status;
}

}  // namespace

Result<std::string_view> AnswerStream::next(Coroutine& coroutine) {
  return connection_->http.read_some(coroutine);
}

Result<std::string> AnswerStream::rest(std::size_t bytes_max, Coroutine& coroutine) {
  return connection_->http.read_rest(bytes_max, coroutine);
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
  if (auto sent = (*connection)->http.send({head, request.body}, coroutine); !sent) {
    return tl::unexpected(sent.error());
  }
  const auto status = read_status((*connection)->http, coroutine);
  if (!status) return tl::unexpected(status.error());
  return AnswerStream(std::move(*connection), *status);
}

Result<AnswerStream> EngineClient::open(const EngineRequest& request, const Upload& upload,
                                        Coroutine& coroutine) {
  auto connection = connect(request, coroutine);
  if (!connection) return tl::unexpected(connection.error());
  const std::string head = head_of(request, upload.size, "application/x-tar");
  Result<void> sent = (*connection)->http.send({head}, coroutine);
  for (std::uint64_t done = 0; sent && done < upload.size;) {
    const auto piece = upload.next(coroutine);
    if (!piece) return tl::unexpected(piece.error());
    sent = (*connection)->http.send({*piece}, coroutine);
    done += piece->size();
  }
  // A refusing engine answers and hangs up before it has read everything, and its answer says more
  // than the broken pipe.
  if (!sent && sent.error().code == ErrorCode::kTimeout) return tl::unexpected(sent.error());
  const auto status = read_status((*connection)->http, coroutine);
  if (!status) return tl::unexpected(sent ? status.error() : sent.error());
  return AnswerStream(std::move(*connection), *status);
}

/// An open connection with an agreed version, with the request's time limits running.
Result<EngineClient::Connection> EngineClient::connect(const EngineRequest& request,
                                                       Coroutine& coroutine) {
  Connection connection = take_idle();
  if (!connection) {
    Result<Connection> made = make_connection(request, coroutine);
    if (!made) return made;
    connection = *std::move(made);
  }
  if (closed_) return tl::unexpected(broke_off(request.doing));
  connection->doing = request.doing;
  connection->http.begin(request.patience, words_for(socket_, request.doing));
  if (!version_) {
    if (auto agreed = agree_on_version(connection->http, coroutine); !agreed) {
      return tl::unexpected(agreed.error());
    }
  }
  return connection;
}

EngineClient::Connection EngineClient::take_idle() {
  while (!idle_.empty()) {
    Connection connection = std::move(idle_.back());
    idle_.pop_back();
    // A restarted engine has hung up. Noticing it here keeps the request from failing in a way that
    // leaves open whether it was carried out.
    if (connection->http.transport().quiet()) return connection;
  }
  return nullptr;
}

Result<EngineClient::Connection> EngineClient::make_connection(const EngineRequest& request,
                                                               Coroutine& coroutine) {
  if (closed_) return tl::unexpected(broke_off(request.doing));
  if (socket_.native().size() > kSocketPathBytesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("the Docker socket's path '{}' is longer than the {} bytes that the "
                            "system allows",
                            socket_.native(), kSocketPathBytesMax));
  }
  auto connection = std::make_shared<EngineConnection>(loop_);
  connection->doing = request.doing;
  std::erase_if(open_, [](const auto& other) { return other.expired(); });
  open_.push_back(connection);
  connection->http.begin(http::CallTimes::of(request.patience.answer),
                         words_for(socket_, request.doing));
  if (auto connected = connection->http.connect_local(socket_, coroutine); !connected) {
    return tl::unexpected(connected.error());
  }
  return connection;
}

Result<void> EngineClient::agree_on_version(ClientConnection& connection, Coroutine& coroutine) {
  constexpr std::size_t kVersionBytesMax = 256 * 1024;
  const std::string head = HeadWriter::request("GET", "/version").field("Host", "docker").finish();
  if (auto sent = connection.send({head}, coroutine); !sent) return sent;
  const auto status = read_status(connection, coroutine);
  if (!status) return tl::unexpected(status.error());
  const auto body = connection.read_rest(kVersionBytesMax, coroutine);
  if (!body) return tl::unexpected(body.error());
  if (*status != 200) return tl::unexpected(refusal(*status, *body, "report its version"));
  const auto version = choose_api_version(*body);
  if (!version) return tl::unexpected(version.error());
  version_ = *version;
  return {};
}

std::string EngineClient::head_of(const EngineRequest& request, std::uint64_t body_size,
                                  std::string_view content_type) const {
  HEARTH_CHECK(version_.has_value());
  HeadWriter head = HeadWriter::request(
      request.method, fmt::format("/v{}.{}{}", version_->major, version_->minor, request.target));
  head.field("Host", "docker");
  if (body_size != 0) head.field("Content-Type", content_type);
  if (body_size != 0 || request.method == "POST") head.field("Content-Length", body_size);
  return head.finish();
}

void EngineClient::keep(Connection connection) {
  if (closed_ || !connection->http.reusable() || idle_.size() >= kIdleConnectionsMax) return;
  idle_.push_back(std::move(connection));
}

void EngineClient::each_open(const std::function<void(EngineConnection&)>& on_each) {
  for (const auto& open : std::vector(open_)) {
    if (const Connection connection = open.lock()) on_each(*connection);
  }
}

void EngineClient::break_off(std::string_view doing) {
  each_open([doing](EngineConnection& connection) {
    if (connection.doing == doing) connection.http.transport().close();
  });
}

void EngineClient::forget() {
  version_.reset();
  idle_.clear();
}

void EngineClient::close() {
  closed_ = true;
  idle_.clear();
  each_open([](EngineConnection& connection) { connection.http.transport().close(); });
}

}  // namespace hearth::docker
