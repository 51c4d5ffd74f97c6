#pragma once

#include <string>

#include "adapters/http/client_connection.h"
#include "ports/http_client.h"

namespace hearth::http {

/// The kind and size of a call's body.
struct OutgoingBody {
  enum class Kind : std::uint8_t { kNone, kSized, kChunked };
  Kind kind = Kind::kNone;
  std::uint64_t size = 0;  ///< kSized.
};

/// Begins a call to another Hearth process: connects and sends the head, with the cluster's token
/// unless it is empty. All later errors of the call name the server.
Result<void> begin_call(ClientConnection& connection, const HttpCall& call,
                        const std::string& token, OutgoingBody body, const CallTimes& times,
                        Coroutine& coroutine);

}  // namespace hearth::http
