#include "adapters/http/hearth_call.h"

#include <utility>

#include <fmt/format.h>

#include "adapters/http/message_head.h"
#include "wire/endpoint_text.h"

namespace hearth::http {
namespace {

CallWords words_naming(std::string peer) {
  return [peer = std::move(peer)](const CallFailure& failure) -> Error {
    switch (failure.kind) {
      case CallFailure::Kind::kUnreachable:
        return {ErrorCode::kUnavailable,
                fmt::format("cannot reach {}: {}", peer, failure.error.message())};
      case CallFailure::Kind::kTooSlow:
        return {ErrorCode::kTimeout, fmt::format("{} did not answer in time", peer)};
      case CallFailure::Kind::kBrokeOff:
        if (!failure.error) {
          return {ErrorCode::kUnavailable,
                  fmt::format("{} closed the connection before its answer was complete", peer)};
        }
        return {ErrorCode::kUnavailable,
                fmt::format("cannot send to {}: {}", peer, failure.error.message())};
      case CallFailure::Kind::kNotHttp:
        return {ErrorCode::kCorrupt, fmt::format("the answer of {} is not HTTP", peer)};
      case CallFailure::Kind::kTooLarge:
        return {ErrorCode::kExhausted,
                fmt::format("the answer of {} is larger than {} bytes", peer, failure.bytes_max)};
      case CallFailure::Kind::kGivenUp: break;
    }
    return {ErrorCode::kUnavailable, "the call was cancelled"};
  };
}

}  // namespace

Result<void> begin_call(ClientConnection& connection, const HttpCall& call,
                        const std::string& token, OutgoingBody body, const CallTimes& times,
                        Coroutine& coroutine) {
  const std::string peer = show_endpoint(call.server);
  connection.begin(times, words_naming(peer));
  if (auto connected = connection.connect(call.server, coroutine); !connected) return connected;
  HeadWriter head = HeadWriter::request(name_of(call.method), call.target);
  head.field("Host", peer).field("Connection", "close");
  if (!token.empty()) head.field("Authorization", "Bearer " + token);
  for (const HttpHeader& header : call.headers) head.field(header.name, header.value);
  if (body.kind != OutgoingBody::Kind::kNone) head.field("Content-Type", call.content_type);
  if (body.kind == OutgoingBody::Kind::kSized) head.field("Content-Length", body.size);
  if (body.kind == OutgoingBody::Kind::kChunked) head.field("Transfer-Encoding", "chunked");
  return connection.send({head.finish()}, coroutine);
}

}  // namespace hearth::http
