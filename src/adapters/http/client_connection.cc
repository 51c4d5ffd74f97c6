#include "adapters/http/client_connection.h"

#include <algorithm>

#include <fmt/format.h>

namespace hearth::http {

using Kind = CallFailure::Kind;

ClientConnection::ClientConnection(boost::asio::io_context& loop)
    : transport_(loop), reader_(transport_, MessageReader::Kind::kAnswers) {}

void ClientConnection::begin(const CallTimes& times, CallWords words) {
  times_ = times;
  words_ = std::move(words);
  whole_.emplace(times.whole);
  meter_.reset();
  if (times.bytes_per_second != 0) {
    meter_.emplace(TransferPace{times.piece, times.bytes_per_second, times.whole});
  }
}

Result<void> ClientConnection::connect(const Endpoint& server, Coroutine& coroutine) {
  const auto error = transport_.connect(server, left(times_.answer), coroutine);
  return error ? failed_to_connect(error) : Result<void>();
}

Result<void> ClientConnection::connect_local(const std::filesystem::path& socket,
                                             Coroutine& coroutine) {
  const auto error = transport_.connect_local(socket, left(times_.answer), coroutine);
  return error ? failed_to_connect(error) : Result<void>();
}

Result<void> ClientConnection::send(std::initializer_list<std::string_view> parts,
                                    Coroutine& coroutine) {
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  const Countdown step(left_for_piece());
  const auto error = transport_.write(parts, step.left(), coroutine);
  count(bytes, step.passed());
  if (!error) return {};
  if (error == std::errc::timed_out) {
    return failed({.kind = Kind::kTooSlow, .limit = std::min(times_.piece, times_.whole)});
  }
  if (error == std::errc::operation_canceled) return failed({.kind = Kind::kGivenUp});
  return failed({.kind = Kind::kBrokeOff, .error = error});
}

Result<void> ClientConnection::send_chunk(std::string_view bytes, Coroutine& coroutine) {
  const std::string size = fmt::format("{:x}\r\n", bytes.size());
  return send({size, bytes, "\r\n"}, coroutine);
}

Result<void> ClientConnection::end_chunks(Coroutine& coroutine) {
  return send({"0\r\n\r\n"}, coroutine);
}

Result<const MessageHead*> ClientConnection::read_head(MessageReader::Body body,
                                                       Coroutine& coroutine) {
  const Countdown countdown(left(times_.answer));
  do {  // Answers below 200 only announce the final one.
    const Duration limit = countdown.left();
    const ReadFault fault = reader_.read_head(head_, {limit, limit}, coroutine, body);
    if (fault != ReadFault::kNone) return failed_to_read(fault, times_.answer);
  } while (head_.status < 200);
  return &head_;
}

Result<std::string_view> ClientConnection::read_some(Coroutine& coroutine) {
  std::string_view bytes;
  const Countdown step(left_for_piece());
  const ReadFault fault = reader_.read_body(bytes, step.left(), coroutine);
  count(bytes.size(), step.passed());
  if (fault != ReadFault::kNone) return failed_to_read(fault, times_.piece);
  return bytes;
}

Result<std::string> ClientConnection::read_rest(std::size_t bytes_max, Coroutine& coroutine) {
  const Countdown countdown(left(times_.answer));
  std::string body;
  for (;;) {
    std::string_view bytes;
    const ReadFault fault = reader_.read_body(bytes, countdown.left(), coroutine);
    if (fault != ReadFault::kNone) return failed_to_read(fault, times_.answer);
    if (bytes.empty()) return body;
    if (body.size() + bytes.size() > bytes_max) {
      return failed({.kind = Kind::kTooLarge, .bytes_max = bytes_max});
    }
    body += bytes;
  }
}

Duration ClientConnection::left(Duration step) const {
  return std::min(step, whole_->left());
}

Duration ClientConnection::left_for_piece() const {
  return left(meter_ ? meter_->left() : times_.piece);
}

void ClientConnection::count(std::size_t bytes, Duration took) {
  if (meter_) meter_->add(bytes, took);
}

tl::unexpected<Error> ClientConnection::failed(const CallFailure& failure) const {
  return tl::unexpected(words_(failure));
}

tl::unexpected<Error> ClientConnection::failed_to_connect(const std::error_code& error) const {
  if (error == std::errc::timed_out) {
    return failed({.kind = Kind::kTooSlow, .limit = std::min(times_.answer, times_.whole)});
  }
  if (error == std::errc::operation_canceled) return failed({.kind = Kind::kGivenUp});
  return failed({.kind = Kind::kUnreachable, .error = error});
}

tl::unexpected<Error> ClientConnection::failed_to_read(ReadFault fault, Duration step) const {
  switch (fault) {
    case ReadFault::kTimedOut:
      return failed({.kind = Kind::kTooSlow, .limit = std::min(step, times_.whole)});
    case ReadFault::kMalformed: return failed({.kind = Kind::kNotHttp});
    case ReadFault::kTooLarge:
      return failed({.kind = Kind::kTooLarge, .bytes_max = MessageReader::kHeadBytesMax});
    case ReadFault::kStopped: return failed({.kind = Kind::kGivenUp});
    case ReadFault::kNone:
    case ReadFault::kClosed: break;
  }
  return failed({.kind = Kind::kBrokeOff});
}

}  // namespace hearth::http
