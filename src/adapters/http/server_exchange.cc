#include "adapters/http/server_exchange.h"

#include <array>
#include <cerrno>
#include <ctime>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "adapters/content/digest_writer.h"
#include "adapters/file/file.h"
#include "adapters/http/hearth_call.h"
#include "adapters/http/http_problem.h"
#include "base/check.h"
#include "base/duration_text.h"
#include "wire/endpoint_text.h"

namespace hearth::http {
namespace {

constexpr std::size_t kPieceBytes = 64 * 1024;
/// A log can be followed over a line too slow for images, but it must be read.
constexpr std::uint64_t kAnswerBytesPerSecondMin = 4 * 1024;
/// An unread body is read and discarded up to this size, to keep the connection.
constexpr std::uint64_t kDrainBytesMax = 64 * 1024;

Error error_of(ReadFault fault) {
  switch (fault) {
    case ReadFault::kTimedOut:
      return {ErrorCode::kTimeout, "the request's body arrived too slowly"};
    case ReadFault::kMalformed:
    case ReadFault::kTooLarge:
      return {ErrorCode::kInvalidArgument, "the request's body is malformed"};
    case ReadFault::kStopped: return {ErrorCode::kUnavailable, "the server is stopping"};
    case ReadFault::kNone:
    case ReadFault::kClosed: break;
  }
  return {ErrorCode::kUnavailable, "the client closed the connection"};
}

/// In the format of RFC 9110: "Sun, 06 Nov 1994 08:49:37 GMT".
std::string http_date() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  std::array<char, 32> text{};
  const std::size_t size =
      std::strftime(text.data(), text.size(), "%a, %d %b %Y %H:%M:%S GMT", &utc);
  return std::string(text.data(), size);
}

struct FileToSend {
  File file;
  std::uint64_t size;
};

Result<FileToSend> open_to_send(const std::filesystem::path& path) {
  Result<File> file = File::open(path, O_RDONLY);
  if (!file) return tl::unexpected(file.error());
  struct stat status{};
  if (::fstat(file->descriptor(), &status) != 0) {
    return tl::unexpected(file_error("cannot read", path, errno));
  }
  if (!S_ISREG(status.st_mode)) {
    return fail(ErrorCode::kNotFound, "'" + path.string() + "' is not a file");
  }
  return FileToSend{*std::move(file), static_cast<std::uint64_t>(status.st_size)};
}

}  // namespace

ServerExchange::ServerExchange(ServerResources& server, ServerConnection& connection,
                               Coroutine& coroutine, const MessageHead& head, HttpRequest request)
    : server_(server),
      connection_(connection),
      coroutine_(coroutine),
      head_(head),
      request_(std::move(request)),
      reading_({server.config.body_timeout, kBodyBytesPerSecondMin, kBodyTimeMax}),
      writing_({server.config.write_timeout, kAnswerBytesPerSecondMin, Duration::max()}),
      continue_wanted_(head.http11 && request_.header("expect") == "100-continue") {}

ServerExchange::~ServerExchange() {
  if (counted_as_stream_) --server_.streams_open;
}

bool ServerExchange::finish(const Result<void>& handled) {
  if (phase_ == Phase::kOpen) {
    HEARTH_CHECK(!handled);  // A successful handler has answered.
    const unsigned status = body_fault_.value_or(status_of(handled.error().code));
    if (!respond(problem_response(status, handled.error()))) return false;
  }
  if (phase_ == Phase::kStreaming) {
    // Without its final chunk, the client sees that the stream is incomplete.
    if (!handled) return false;
    if (head_.http11 && !head_only() && !send({"0\r\n\r\n"})) return false;
    phase_ = Phase::kAnswered;
  }
  if (phase_ != Phase::kAnswered) return false;
  ++server_.counters.requests_answered;
  return keeps_alive() && drain_body();
}

Result<std::string_view> ServerExchange::read_some(Duration quiet_max) {
  if (std::exchange(continue_wanted_, false) && !connection_.reader.complete()) {
    if (auto sent = send({HeadWriter::answer(100).finish()}); !sent) {
      return tl::unexpected(sent.error());
    }
  }
  std::string_view bytes;
  const ReadFault fault = connection_.reader.read_body(bytes, quiet_max, coroutine_);
  if (fault == ReadFault::kNone) return bytes;
  body_fault_ = fault == ReadFault::kTimedOut ? 408 : 400;
  if (fault == ReadFault::kTimedOut) ++server_.counters.requests_timed_out;
  return tl::unexpected(error_of(fault));
}

/// As read_some(), but for a body that must arrive steadily: one that trickles in would hold a
/// connection forever.
Result<std::string_view> ServerExchange::read_within_pace() {
  const Countdown step(reading_.left());
  const Result<std::string_view> piece = read_some(step.left());
  reading_.add(piece ? piece->size() : 0, step.passed());
  return piece;
}

Error ServerExchange::refuse_body(std::uint64_t bytes_max) {
  body_fault_ = 413;
  return {ErrorCode::kExhausted,
          fmt::format("the request's body is larger than {} bytes", bytes_max)};
}

Result<std::string> ServerExchange::read_body(std::size_t bytes_max) {
  if (head_.content_length.value_or(0) > bytes_max) return tl::unexpected(refuse_body(bytes_max));
  std::string body;
  for (;;) {
    const Result<std::string_view> piece = read_within_pace();
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return body;
    if (body.size() + piece->size() > bytes_max) return tl::unexpected(refuse_body(bytes_max));
    body += *piece;
  }
}

Result<ReceivedFile> ServerExchange::read_body_to_file(const std::filesystem::path& file,
                                                       std::uint64_t bytes_max) {
  if (head_.content_length.value_or(0) > bytes_max) return tl::unexpected(refuse_body(bytes_max));
  connection_.reader.prepare_for_transfer();
  WorkerThread& files = server_.files;
  auto writer = files.run([&] { return DigestWriter::create(file, bytes_max); }, coroutine_);
  if (!writer) return tl::unexpected(writer.error());
  const auto receive = [&]() -> Result<ReceivedFile> {
    for (;;) {
      const Result<std::string_view> piece = read_within_pace();
      if (!piece) return tl::unexpected(piece.error());
      if (piece->empty()) return ReceivedFile{writer->finish(), writer->bytes()};
      if (writer->bytes() + piece->size() > bytes_max) {
        return tl::unexpected(refuse_body(bytes_max));
      }
      const auto written = files.run([&] { return writer->write(*piece); }, coroutine_);
      if (!written) return tl::unexpected(written.error());
    }
  };
  Result<ReceivedFile> received = receive();
  if (!received) {
    files.run([&] { return ::unlink(file.c_str()); }, coroutine_);
  }
  return received;
}

/// Once the client is gone, an answer is impossible; a second answer is a programming error.
Result<void> ServerExchange::check_answerable() const {
  if (phase_ == Phase::kBroken) return fail(ErrorCode::kUnavailable, "the client is gone");
  HEARTH_CHECK(phase_ == Phase::kOpen);
  return {};
}

Result<void> ServerExchange::respond(HttpResponse response) {
  if (auto open = check_answerable(); !open) return open;
  const bool has_body = response.status != 204;
  HeadWriter head = head_of(response.status, has_body ? response.content_type : "");
  if (has_body) head.field("Content-Length", response.body.size());
  for (const HttpHeader& header : response.headers) head.field(header.name, header.value);
  phase_ = Phase::kAnswered;
  return send({head.finish(), head_only() || !has_body ? std::string_view() : response.body});
}

Result<void> ServerExchange::respond_file(const std::filesystem::path& file,
                                          std::string_view content_type) {
  if (auto open = check_answerable(); !open) return open;
  WorkerThread& files = server_.files;
  auto source = files.run([&] { return open_to_send(file); }, coroutine_);
  if (!source) return tl::unexpected(source.error());
  phase_ = Phase::kAnswered;
  HeadWriter head = head_of(200, content_type);
  head.field("Content-Length", source->size);
  if (auto sent = send({head.finish()}); !sent || head_only()) return sent;
  for (std::uint64_t left = source->size; left > 0;) {
    const auto piece = files.run(
        [&] { return source->file.read(std::min<std::uint64_t>(left, kPieceBytes)); }, coroutine_);
    if (!piece || piece->empty()) {
      phase_ = Phase::kBroken;
      return fail(ErrorCode::kCorrupt,
                  "'" + file.string() + "' was truncated while it was being sent");
    }
    if (auto sent = send({*piece}); !sent) return sent;
    left -= piece->size();
  }
  return {};
}

Result<void> ServerExchange::begin_stream(std::string_view content_type) {
  return begin_stream_with(200, content_type);
}

Result<void> ServerExchange::begin_stream_with(unsigned status, std::string_view content_type) {
  if (auto open = check_answerable(); !open) return open;
  if (server_.streams_open >= server_.config.streams_max) {
    return fail(ErrorCode::kExhausted, fmt::format("{} streams are open already; close one of them",
                                                   server_.streams_open));
  }
  ++server_.streams_open;
  counted_as_stream_ = true;
  phase_ = Phase::kStreaming;
  HeadWriter head = head_of(status, content_type);
  if (head_.http11) head.field("Transfer-Encoding", "chunked");
  return send({head.finish()});
}

Result<void> ServerExchange::write(std::string_view chunk) {
  HEARTH_CHECK(phase_ == Phase::kStreaming || phase_ == Phase::kBroken);
  if (phase_ == Phase::kBroken) return fail(ErrorCode::kUnavailable, "the client is gone");
  if (chunk.empty() || head_only()) return {};  // An empty chunk would end the stream.
  if (!head_.http11) return send({chunk});
  return send({fmt::format("{:x}\r\n", chunk.size()), chunk, "\r\n"});
}

Result<WaitEnd> ServerExchange::wait(Notifier& notifier, Duration timeout) {
  struct Woken {
    bool notified = false;
    bool gone = false;
  };
  auto woken = std::make_shared<Woken>();  // Shared with wake-ups that come after we return.
  Sleeper& sleeper = connection_.sleeper;
  const Notifier::Ticket ticket = notifier.add([woken, &sleeper] {
    woken->notified = true;
    sleeper.wake();
  });
  connection_.transport.watch_peer([woken, &sleeper] {
    woken->gone = true;
    sleeper.wake();
  });
  const Countdown countdown(timeout);
  while (!woken->notified && !woken->gone && !connection_.transport.closed() &&
         countdown.left() > Duration::zero()) {
    sleeper.sleep(countdown.left(), coroutine_);
  }
  connection_.transport.unwatch_peer();
  if (!woken->notified) notifier.remove(ticket);
  if (connection_.transport.closed())
    return fail(ErrorCode::kUnavailable, "the server is stopping");
  if (woken->gone) {
    if (phase_ != Phase::kAnswered) phase_ = Phase::kBroken;
    return fail(ErrorCode::kUnavailable, "the client is gone");
  }
  return woken->notified ? WaitEnd::kNotified : WaitEnd::kTimedOut;
}

Result<void> ServerExchange::relay(const Endpoint& server, const std::string& target) {
  if (auto open = check_answerable(); !open) return open;
  ClientConnection from(server_.loop);
  // If the client goes, the wait for the other server must end, too.
  connection_.transport.watch_peer([&from] { from.transport().close(); });
  Result<void> relayed = pass_on(from, server, target);
  connection_.transport.unwatch_peer();
  return relayed;
}

Result<void> ServerExchange::pass_on(ClientConnection& from, const Endpoint& server,
                                     const std::string& target) {
  const CallTimes times{server_.config.relay_timeout, kForEver, kForEver};
  const HttpCall call{.server = server, .target = target};
  if (auto begun = begin_call(from, call, server_.config.token, {}, times, coroutine_); !begun) {
    return begun;
  }
  const Result<const MessageHead*> head =
      from.read_head(MessageReader::Body::kAsFramed, coroutine_);
  if (!head) return tl::unexpected(head.error());
  if ((*head)->status == 401 || (*head)->status == 403) {
    return fail(
        ErrorCode::kFailed,
        show_endpoint(server) + " refuses this manager's token; give both the same token file");
  }
  HttpRequest answered;
  answered.headers = (*head)->headers;
  if (auto begun = begin_stream_with((*head)->status, answered.header("content-type")); !begun) {
    return begun;
  }
  for (;;) {
    const Result<std::string_view> piece = from.read_some(coroutine_);
    if (!piece) return tl::unexpected(piece.error());
    if (piece->empty()) return {};
    if (auto sent = write(*piece); !sent) return sent;
  }
}

void ServerExchange::run_blocking(const std::function<void()>& work) {
  server_.files.run(
      [&work] {
        work();
        return true;
      },
      coroutine_);
}

/// A large answer is sent in pieces, so that each has a time limit that does not depend on the
/// answer's size.
Result<void> ServerExchange::send(std::initializer_list<std::string_view> parts) {
  std::size_t bytes = 0;
  for (const std::string_view part : parts) bytes += part.size();
  if (bytes <= kPieceBytes) return send_piece(parts, bytes);
  for (std::string_view part : parts) {
    while (!part.empty()) {
      const std::string_view piece = part.substr(0, kPieceBytes);
      if (auto sent = send_piece({piece}, piece.size()); !sent) return sent;
      part.remove_prefix(piece.size());
    }
  }
  return {};
}

Result<void> ServerExchange::send_piece(std::initializer_list<std::string_view> parts,
                                        std::size_t bytes) {
  const Countdown step(writing_.left());
  const auto error = connection_.transport.write(parts, step.left(), coroutine_);
  writing_.add(bytes, step.passed());
  if (!error) return {};
  phase_ = Phase::kBroken;
  if (error == std::errc::timed_out) {
    ++server_.counters.requests_timed_out;
    return fail(ErrorCode::kTimeout, "the client does not read its answer");
  }
  return fail(ErrorCode::kUnavailable, "the client is gone");
}

HeadWriter ServerExchange::head_of(unsigned status, std::string_view content_type) const {
  HeadWriter head = HeadWriter::answer(status);
  head.field("Date", http_date()).field("Connection", keeps_alive() ? "keep-alive" : "close");
  if (!content_type.empty()) {
    head.field("Content-Type", content_type).field("X-Content-Type-Options", "nosniff");
  }
  head.field("Cache-Control", "no-store");
  return head;
}

bool ServerExchange::keeps_alive() const {
  // It is open whether a client that still waits for 100 Continue will send its body; RFC 9110
  // (10.1.1) requires us to close. An HTTP/1.0 stream ends with its connection.
  return head_.keep_alive && head_.http11 && !continue_wanted_ && !body_fault_ && !last_;
}

/// Reads and discards what the handler left of the body.
bool ServerExchange::drain_body() {
  connection_.idle = true;
  const Countdown countdown(kReadAwayTimeout);
  std::string_view bytes;
  for (std::uint64_t drained = 0; !connection_.reader.complete(); drained += bytes.size()) {
    if (drained > kDrainBytesMax) return false;
    const ReadFault fault = connection_.reader.read_body(bytes, countdown.left(), coroutine_);
    // It has had its second to see the answer.
    if (fault == ReadFault::kTimedOut) connection_.close();
    if (fault != ReadFault::kNone) return false;
  }
  return true;
}

}  // namespace hearth::http
