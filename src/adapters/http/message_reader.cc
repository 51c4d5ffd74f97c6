#include "adapters/http/message_reader.h"

#include <algorithm>
#include <cstring>

#include <boost/beast/http/basic_parser.hpp>

#include "adapters/http/transfer_pace.h"
#include "base/check.h"

namespace hearth::http {
namespace {

namespace beast_http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

constexpr std::size_t kBufferBytesMin = 2 * 1024;
constexpr std::size_t kTransferBufferBytes = 64 * 1024;

ReadFault fault_of(const error_code& ec) {
  return ec == beast_http::error::header_limit || ec == beast_http::error::buffer_overflow
             ? ReadFault::kTooLarge
             : ReadFault::kMalformed;
}

}  // namespace

class MessageReader::Parser {
 public:
  virtual ~Parser() = default;
  /// Consumes a part of `bytes`, unless it needs more; stops after the head and after each piece of
  /// the body. Returns the number of bytes consumed.
  virtual std::size_t put(std::string_view bytes, error_code& ec) = 0;
  virtual void put_end(error_code& ec) = 0;
  virtual bool head_done() const = 0;
  virtual bool done() const = 0;
  virtual void complete_head() = 0;

  MessageHead head;
  std::string_view piece;  ///< Of the body, if the last put() found one.
};

template <bool is_request>
class MessageReader::ParserOf final : public Parser, private beast_http::basic_parser<is_request> {
  using Base = beast_http::basic_parser<is_request>;

 public:
  ParserOf(Body body, std::size_t head_bytes_max) {
    Base::header_limit(static_cast<std::uint32_t>(head_bytes_max));
    Base::body_limit(boost::none);  // The reader of a body sets the bound.
    if (body == Body::kNone) Base::skip(true);
  }

  std::size_t put(std::string_view bytes, error_code& ec) override {
    piece = {};
    return Base::put(boost::asio::const_buffer(bytes.data(), bytes.size()), ec);
  }
  void put_end(error_code& ec) override {
    if (Base::got_some()) {
      Base::put_eof(ec);
    } else {
      ec = beast_http::error::partial_message;
    }
  }
  bool head_done() const override { return Base::is_header_done(); }
  bool done() const override { return Base::is_done(); }
  void complete_head() override {
    head.keep_alive = Base::keep_alive();
    if (const auto length = Base::content_length()) head.content_length = *length;
  }

 private:
  void on_request_impl(beast_http::verb /*verb*/, string_view method, string_view target,
                       int version, error_code& /*ec*/) override {
    head.method = std::string(method);
    head.target = std::string(target);
    head.http11 = version == 11;
  }
  void on_response_impl(int status, string_view /*reason*/, int version,
                        error_code& /*ec*/) override {
    head.status = static_cast<unsigned>(status);
    head.http11 = version == 11;
  }
  void on_field_impl(beast_http::field /*known*/, string_view name, string_view value,
                     error_code& /*ec*/) override {
    if (Base::is_header_done()) return;  // A trailer: Hearth uses none.
    head.headers.push_back({std::string(name), std::string(value)});
  }
  void on_header_impl(error_code& /*ec*/) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>& /*length*/,
                         error_code& /*ec*/) override {}
  std::size_t on_body_impl(string_view bytes, error_code& /*ec*/) override {
    piece = std::string_view(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_chunk_header_impl(std::uint64_t /*size*/, string_view /*extensions*/,
                            error_code& /*ec*/) override {}
  std::size_t on_chunk_body_impl(std::uint64_t /*left*/, string_view bytes,
                                 error_code& /*ec*/) override {
    piece = std::string_view(bytes.data(), bytes.size());
    return bytes.size();
  }
  void on_finish_impl(error_code& /*ec*/) override {}
};

MessageReader::MessageReader(Transport& transport, Kind kind, std::size_t head_bytes_max)
    : transport_(transport),
      kind_(kind),
      head_bytes_max_(head_bytes_max),
      buffer_(kBufferBytesMin, '\0') {
  HEARTH_CHECK(head_bytes_max <= kHeadBytesMax);
}
MessageReader::~MessageReader() = default;

ReadFault MessageReader::read_head(MessageHead& head, HeadTimeouts timeouts, Coroutine& coroutine,
                                   Body body) {
  HEARTH_CHECK(parser_ == nullptr || parser_->done());
  if (kind_ == Kind::kRequests) {
    parser_ = std::make_unique<ParserOf<true>>(body, head_bytes_max_);
  } else {
    parser_ = std::make_unique<ParserOf<false>>(body, head_bytes_max_);
  }
  begun_ = begin_ != end_;
  if (!begun_) {
    if (const ReadFault fault = fill(timeouts.begin, coroutine); fault != ReadFault::kNone) {
      return fault;
    }
    begun_ = true;
  }
  const Countdown countdown(timeouts.whole);
  for (;;) {
    error_code ec;
    begin_ += parser_->put({buffer_.data() + begin_, end_ - begin_}, ec);
    if (!ec && parser_->head_done()) break;
    if (ec && ec != beast_http::error::need_more) return fault_of(ec);
    const Duration left = countdown.left();
    if (left == Duration::zero()) return ReadFault::kTimedOut;
    if (const ReadFault fault = fill(left, coroutine); fault != ReadFault::kNone) return fault;
  }
  parser_->complete_head();
  head = std::move(parser_->head);
  return ReadFault::kNone;
}

ReadFault MessageReader::read_body(std::string_view& bytes, Duration timeout,
                                   Coroutine& coroutine) {
  HEARTH_CHECK(parser_ != nullptr && parser_->head_done());
  bytes = {};
  const Countdown countdown(timeout);
  bool ended = false;
  while (!parser_->done()) {
    error_code ec;
    if (ended) {
      parser_->put_end(ec);
      return ec ? ReadFault::kClosed : ReadFault::kNone;
    }
    if (begin_ != end_) {
      begin_ += parser_->put({buffer_.data() + begin_, end_ - begin_}, ec);
      if (ec && ec != beast_http::error::need_more) return fault_of(ec);
      bytes = parser_->piece;
      if (!bytes.empty()) return ReadFault::kNone;
      if (!ec) continue;
    }
    const ReadFault fault = fill(countdown.left(), coroutine);
    if (fault == ReadFault::kClosed) {
      ended = true;  // The regular end of a body of unknown length.
    } else if (fault != ReadFault::kNone) {
      return fault;
    }
  }
  return ReadFault::kNone;
}

std::string_view MessageReader::arrived_body() {
  HEARTH_CHECK(parser_ != nullptr && parser_->head_done());
  while (!parser_->done() && begin_ != end_) {
    error_code ec;
    begin_ += parser_->put({buffer_.data() + begin_, end_ - begin_}, ec);
    if (ec) break;
    if (!parser_->piece.empty()) return parser_->piece;
  }
  return {};
}

bool MessageReader::complete() const {
  return parser_ != nullptr && parser_->done();
}

void MessageReader::prepare_for_transfer() {
  if (buffer_.size() < kTransferBufferBytes) buffer_.resize(kTransferBufferBytes);
}

/// Reads once more. Grows the buffer only if what must be parsed in one piece does not fit.
ReadFault MessageReader::fill(Duration timeout, Coroutine& coroutine) {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  if (end_ == buffer_.size()) {
    if (buffer_.size() >= kHeadBytesMax) return ReadFault::kTooLarge;
    buffer_.resize(std::min(buffer_.size() * 2, kHeadBytesMax));
  }
  const Transfer got =
      transport_.read_some(buffer_.data() + end_, buffer_.size() - end_, timeout, coroutine);
  end_ += got.bytes;
  if (got.error == std::errc::timed_out) return ReadFault::kTimedOut;
  if (got.error == std::errc::operation_canceled) return ReadFault::kStopped;
  return got.bytes == 0 ? ReadFault::kClosed : ReadFault::kNone;
}

}  // namespace hearth::http
