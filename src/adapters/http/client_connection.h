#pragma once

#include "adapters/http/message_reader.h"
#include "adapters/http/transfer_pace.h"
#include "ports/http_client.h"

namespace hearth::http {

/// How much body a call sends.
struct OutgoingBody {
  enum class Kind : std::uint8_t { kNone, kSized, kChunked };
  Kind kind = Kind::kNone;
  std::uint64_t size = 0;  ///< kSized.
};

/// One call on one connection, as straight code: head, body, answer. Errors are worded for people
/// and name the server.
class ClientConnection {
 public:
  ClientConnection(boost::asio::io_context& loop, Coroutine& coroutine);

  /// Connects and sends the head. `token` may be empty.
  Result<void> begin(const HttpCall& call, const std::string& token, OutgoingBody body,
                     Duration timeout);
  Result<void> write(std::string_view bytes, Duration timeout);
  Result<void> write_chunk(std::string_view bytes, Duration timeout);
  Result<void> end_chunks(Duration timeout);

  /// The next piece of a body that must be taken at a pace.
  Result<void> write_within(TransferMeter& meter, std::string_view bytes);

  /// The answer's head, whatever its status.
  Result<MessageHead> read_head(Duration timeout);
  /// The next bytes of the answer's body; empty at its end.
  Result<std::string_view> read_some(Duration timeout);
  /// The same of a body that must come at a pace.
  Result<std::string_view> read_within(TransferMeter& meter);
  /// The rest of the answer's body.
  Result<std::string> read_all(std::size_t bytes_max, Duration timeout);

  Transport& transport() { return transport_; }
  MessageReader& reader() { return reader_; }

 private:
  Error error_of(const std::error_code& error, std::string_view doing) const;
  Error error_of(ReadFault fault) const;

  Coroutine& coroutine_;
  Transport transport_;
  MessageReader reader_;
  std::string peer_;  ///< "host:port".
  HttpMethod method_ = HttpMethod::kGet;
};

}  // namespace hearth::http
