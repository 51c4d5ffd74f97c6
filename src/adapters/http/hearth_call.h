#pragma once

#include <string>

#include "adapters/http/client_connection.h"
#include "ports/http_client.h"

namespace hearth::http {

/// How much body a call sends.
struct OutgoingBody {
  enum class Kind : std::uint8_t { kNone, kSized, kChunked };
  Kind kind = Kind::kNone;
  std::uint64_t size = 0;  ///< kSized.
};

/// Begins a call to another Hearth process: connects and sends the head, with the cluster's token
/// if it is not empty. What goes wrong with the call from then on is told in words that name the
/// server.
Result<void> begin_call(ClientConnection& connection, const HttpCall& call,
                        const std::string& token, OutgoingBody body, const CallTimes& times,
                        Coroutine& coroutine);

}  // namespace hearth::http
