#include "adapters/http/client_connection.h"

#include <fmt/format.h>

namespace hearth::http {

ClientConnection::ClientConnection(boost::asio::io_context& loop, Coroutine& coroutine)
    : coroutine_(coroutine), transport_(loop), reader_(transport_, MessageReader::Kind::kAnswers) {}

Result<void> ClientConnection::begin(const HttpCall& call, const std::string& token,
                                     OutgoingBody body, Duration timeout) {
  peer_ = show_endpoint(call.server);
  method_ = call.method;
  const Countdown countdown(timeout);
  if (const auto error = transport_.connect(call.server, timeout, coroutine_)) {
    return tl::unexpected(error_of(error, "cannot reach"));
  }
  std::string head = fmt::format("{} {} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n",
                                 name_of(call.method), call.target, peer_);
  if (!token.empty()) head += fmt::format("Authorization: Bearer {}\r\n", token);
  for (const HttpHeader& header : call.headers) {
    head += fmt::format("{}: {}\r\n", header.name, header.value);
  }
  if (body.kind != OutgoingBody::Kind::kNone) {
    head += fmt::format("Content-Type: {}\r\n", call.content_type);
  }
  if (body.kind == OutgoingBody::Kind::kSized) {
    head += fmt::format("Content-Length: {}\r\n", body.size);
  }
  if (body.kind == OutgoingBody::Kind::kChunked) head += "Transfer-Encoding: chunked\r\n";
  head += "\r\n";
  return write(head, countdown.left());
}

Result<void> ClientConnection::write(std::string_view bytes, Duration timeout) {
  if (const auto error = transport_.write({bytes}, timeout, coroutine_)) {
    return tl::unexpected(error_of(error, "cannot send to"));
  }
  return {};
}

Result<void> ClientConnection::write_within(TransferMeter& meter, std::string_view bytes) {
  const Countdown step(meter.left());
  Result<void> written = write(bytes, step.left());
  meter.add(bytes.size(), step.passed());
  return written;
}

Result<void> ClientConnection::write_chunk(std::string_view bytes, Duration timeout) {
  const std::string size = fmt::format("{:x}\r\n", bytes.size());
  if (const auto error = transport_.write({size, bytes, "\r\n"}, timeout, coroutine_)) {
    return tl::unexpected(error_of(error, "cannot send to"));
  }
  return {};
}

Result<void> ClientConnection::end_chunks(Duration timeout) {
  return write("0\r\n\r\n", timeout);
}

Result<MessageHead> ClientConnection::read_head(Duration timeout) {
  const Countdown countdown(timeout);
  const auto body =
      method_ == HttpMethod::kHead ? MessageReader::Body::kNone : MessageReader::Body::kAsTold;
  MessageHead head;
  do {  // Answers below 200 only announce the real one.
    const Duration left = countdown.left();
    const ReadFault fault = reader_.read_head(head, {left, left}, coroutine_, body);
    if (fault != ReadFault::kNone) return tl::unexpected(error_of(fault));
  } while (head.status < 200);
  return head;
}

Result<std::string_view> ClientConnection::read_some(Duration timeout) {
  std::string_view bytes;
  const ReadFault fault = reader_.read_body(bytes, timeout, coroutine_);
  if (fault != ReadFault::kNone) return tl::unexpected(error_of(fault));
  return bytes;
}

Result<std::string_view> ClientConnection::read_within(TransferMeter& meter) {
  const Countdown step(meter.left());
  Result<std::string_view> piece = read_some(step.left());
  meter.add(piece ? piece->size() : 0, step.passed());
  return piece;
}

Result<std::string> ClientConnection::read_all(std::size_t bytes_max, Duration timeout) {
  const Countdown countdown(timeout);
  std::string body;
  for (;;) {
    const Result<std::string_view> piece = read_some(countdown.left());
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return body;
    if (body.size() + piece->size() > bytes_max) {
      return fail(ErrorCode::kExhausted,
                  fmt::format("the answer of {} is larger than {} bytes", peer_, bytes_max));
    }
    body += *piece;
  }
}

Error ClientConnection::error_of(const std::error_code& error, std::string_view doing) const {
  if (error == std::errc::timed_out) {
    return {ErrorCode::kTimeout, fmt::format("{} {}: no answer in time", doing, peer_)};
  }
  if (error == std::errc::operation_canceled) {
    return {ErrorCode::kUnavailable, "the call was given up"};
  }
  return {ErrorCode::kUnavailable, fmt::format("{} {}: {}", doing, peer_, error.message())};
}

Error ClientConnection::error_of(ReadFault fault) const {
  switch (fault) {
    case ReadFault::kNone: break;
    case ReadFault::kClosed:
      return {ErrorCode::kUnavailable, fmt::format("{} broke off its answer", peer_)};
    case ReadFault::kTimedOut:
      return {ErrorCode::kTimeout, fmt::format("{} did not answer in time", peer_)};
    case ReadFault::kMalformed:
    case ReadFault::kTooLarge:
      return {ErrorCode::kCorrupt, fmt::format("what {} answered is not HTTP", peer_)};
    case ReadFault::kStopped: break;
  }
  return {ErrorCode::kUnavailable, "the call was given up"};
}

}  // namespace hearth::http
