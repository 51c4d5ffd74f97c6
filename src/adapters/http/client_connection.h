#pragma once

#include <functional>
#include <initializer_list>
#include <optional>

#include "adapters/http/message_reader.h"
#include "adapters/http/transfer_pace.h"
#include "base/result.h"

namespace hearth::http {

/// No limit.
inline constexpr Duration kForEver = Duration::max();

/// Time limits for one call.
struct CallTimes {
  Duration answer;  ///< From the last byte sent to the start of the answer; also to connect.
  Duration piece;   ///< Between two pieces of a body, sent or received.
  Duration whole;   ///< For the whole call.
  /// If not 0: the rate at which bodies must move beyond `piece` (see TransferPace).
  std::uint64_t bytes_per_second = 0;

  static CallTimes of(Duration whole) { return {whole, whole, whole}; }
};

/// What went wrong with a call; the caller puts it into words.
struct CallFailure {
  enum class Kind : std::uint8_t {
    kUnreachable,  ///< `error` says why.
    kTooSlow,      ///< `limit` is the time that it had.
    kBrokeOff,     ///< The peer closed the connection; `error` if a write failed.
    kNotHttp,
    kTooLarge,  ///< The answer exceeds `bytes_max`.
    kGivenUp,   ///< We closed the connection ourselves.
  };
  Kind kind;
  std::error_code error = {};
  Duration limit = {};
  std::size_t bytes_max = 0;
};

/// Puts a failure into words that name the peer and the request.
using CallWords = std::function<Error(const CallFailure&)>;

/// One connection to a server and the call in progress on it, as straight-line code: connect,
/// send head and body, read head and body. Independent of server and request: TCP or a unix
/// socket, one call per connection or several in sequence.
class ClientConnection {
 public:
  explicit ClientConnection(boost::asio::io_context& loop);

  /// Begins a call and starts its time limits.
  void begin(const CallTimes& times, CallWords words);
  Result<void> connect(const Endpoint& server, Coroutine& coroutine);
  Result<void> connect_local(const std::filesystem::path& socket, Coroutine& coroutine);
  /// At most 8 parts.
  Result<void> send(std::initializer_list<std::string_view> parts, Coroutine& coroutine);
  /// Sends a piece of a body of unknown length.
  Result<void> send_chunk(std::string_view bytes, Coroutine& coroutine);
  Result<void> end_chunks(Coroutine& coroutine);

  /// Reads the answer's head, whatever its status. The head is valid until the next call of this.
  Result<const MessageHead*> read_head(MessageReader::Body body, Coroutine& coroutine);
  /// The next bytes of the answer's body, valid until the next call; empty at its end. May be
  /// called again after a timeout.
  Result<std::string_view> read_some(Coroutine& coroutine);
  /// The rest of a body that is not streamed: it must arrive within the time of an answer.
  Result<std::string> read_rest(std::size_t bytes_max, Coroutine& coroutine);

  /// Whether the connection can carry another call.
  bool reusable() const { return reader_.complete() && head_.keep_alive; }
  Transport& transport() { return transport_; }
  MessageReader& reader() { return reader_; }

 private:
  /// The time left for a step that is allowed `step`.
  Duration left(Duration step) const;
  Duration left_for_piece() const;
  void count(std::size_t bytes, Duration took);
  tl::unexpected<Error> failed(const CallFailure& failure) const;
  tl::unexpected<Error> failed_to_connect(const std::error_code& error) const;
  tl::unexpected<Error> failed_to_read(ReadFault fault, Duration step) const;

  Transport transport_;
  MessageReader reader_;
  MessageHead head_;
  CallTimes times_{};
  CallWords words_;
  std::optional<Countdown> whole_;
  std::optional<TransferMeter> meter_;
};

}  // namespace hearth::http
