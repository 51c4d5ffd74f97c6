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

/// How long a peer may take for one call.
struct CallTimes {
  Duration answer;  ///< Until its answer begins, from the last byte sent on; also to connect.
  Duration piece;   ///< From one piece of a body, sent or received, to the next.
  Duration whole;   ///< In all.
  /// If not 0: at what rate bodies must move beyond `piece` (see TransferPace).
  std::uint64_t bytes_per_second = 0;

  static CallTimes of(Duration whole) { return {whole, whole, whole}; }
};

/// What went wrong with a call, for whoever words it.
struct CallFailure {
  enum class Kind : std::uint8_t {
    kUnreachable,  ///< `error` says why.
    kTooSlow,      ///< `limit` is what it had.
    kBrokeOff,     ///< The peer did; `error` if a write met it.
    kNotHttp,
    kTooLarge,  ///< Its answer is, `bytes_max` being the bound.
    kGivenUp,   ///< We closed the connection ourselves.
  };
  Kind kind;
  std::error_code error = {};
  Duration limit = {};
  std::size_t bytes_max = 0;
};

/// Words a failure, so that it names the peer and what it was asked for.
using CallWords = std::function<Error(const CallFailure&)>;

/// One connection to a server and the call that is under way on it, as straight code: connect, send
/// head and body, read head and body. It knows neither who the server is nor what is asked: TCP or
/// a unix socket, a connection for one call or for one after the other.
class ClientConnection {
 public:
  explicit ClientConnection(boost::asio::io_context& loop);

  /// A call begins, and its time.
  void begin(const CallTimes& times, CallWords words);
  Result<void> connect(const Endpoint& server, Coroutine& coroutine);
  Result<void> connect_local(const std::filesystem::path& socket, Coroutine& coroutine);
  /// At most 8 parts.
  Result<void> send(std::initializer_list<std::string_view> parts, Coroutine& coroutine);
  /// Of a body whose length was not told.
  Result<void> send_chunk(std::string_view bytes, Coroutine& coroutine);
  Result<void> end_chunks(Coroutine& coroutine);

  /// The answer's head, whatever its status; valid until the next call of this.
  Result<const MessageHead*> read_head(MessageReader::Body body, Coroutine& coroutine);
  /// The next bytes of the answer's body, valid until the next call; empty at its end. After a
  /// timeout it may be called again.
  Result<std::string_view> read_some(Coroutine& coroutine);
  /// What is left of a body that is not streamed: it comes within the time of an answer.
  Result<std::string> read_rest(std::size_t bytes_max, Coroutine& coroutine);

  /// Whether another call may follow on it.
  bool reusable() const { return reader_.complete() && head_.keep_alive; }
  Transport& transport() { return transport_; }
  MessageReader& reader() { return reader_; }

 private:
  /// What is left for a step that may take `step`.
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
