#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/http/transport.h"
#include "ports/http.h"

namespace hearth::http {

/// What a message says before its body.
struct MessageHead {
  std::string method;   ///< Of a request.
  std::string target;   ///< Of a request.
  unsigned status = 0;  ///< Of an answer.
  bool http11 = true;   ///< Else HTTP/1.0.
  bool keep_alive = false;
  std::optional<std::uint64_t> content_length;
  std::vector<HttpHeader> headers;
};

enum class ReadFault : std::uint8_t {
  kNone,
  kClosed,     ///< The peer closed the connection, possibly within a message.
  kTimedOut,   ///< The peer was too slow.
  kMalformed,  ///< Not HTTP.
  kTooLarge,   ///< The head exceeds its bound.
  kStopped,    ///< We closed the connection ourselves.
};

/// Reads one HTTP/1.1 message after the other from a transport. The parser is Boost.Beast's; the
/// code around it is ours, so that a body passes through one buffer without being copied, and so
/// that only this file compiles Beast.
class MessageReader {
 public:
  enum class Kind : std::uint8_t { kRequests, kAnswers };
  /// Time for the peer to begin (an idle connection), and from there to the end of the head (a peer
  /// that sends a byte now and then must not hold a connection forever).
  struct HeadTimeouts {
    Duration begin;
    Duration whole;
  };
  /// Whether an answer has a body at all (an answer to HEAD has none, whatever its head says).
  enum class Body : std::uint8_t { kAsFramed, kNone };

  static constexpr std::size_t kHeadBytesMax = 16 * 1024;

  /// `head_bytes_max`: at most kHeadBytesMax.
  MessageReader(Transport& transport, Kind kind, std::size_t head_bytes_max = kHeadBytesMax);
  ~MessageReader();

  /// The head of the next message; the previous one must have been read to its end. kClosed before
  /// the first byte is a regular end.
  ReadFault read_head(MessageHead& head, HeadTimeouts timeouts, Coroutine& coroutine,
                      Body body = Body::kAsFramed);

  /// The next bytes of the body, valid until the next call; empty at its end. `timeout` includes
  /// what precedes them, such as chunk headers, and the trailers.
  ReadFault read_body(std::string_view& bytes, Duration timeout, Coroutine& coroutine);
  /// The next bytes of the body among those that have arrived, without waiting; empty if there are
  /// none, or at a fault, which read_body() then reports.
  std::string_view arrived_body();

  /// Whether the message was read to its end.
  bool complete() const;
  /// Whether the peer has sent anything of the next message.
  bool has_begun() const { return begun_; }
  /// Makes the buffer large enough to move a file.
  void prepare_for_transfer();

 private:
  class Parser;
  template <bool is_request>
  class ParserOf;

  ReadFault fill(Duration timeout, Coroutine& coroutine);

  Transport& transport_;
  const Kind kind_;
  const std::size_t head_bytes_max_;
  std::unique_ptr<Parser> parser_;
  std::string buffer_;     ///< Its size is its capacity; received bytes are in [begin_, end_).
  std::size_t begin_ = 0;  ///< The start of the unparsed bytes.
  std::size_t end_ = 0;
  bool begun_ = false;
};

}  // namespace hearth::http
