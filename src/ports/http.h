#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/digest.h"
#include "model/ids.h"
#include "ports/completion.h"
#include "ports/notifier.h"

namespace hearth {

/// The methods that Hearth speaks. A request with another one is answered 405.
enum class HttpMethod : std::uint8_t { kGet, kHead, kPut, kPost, kDelete };

struct HttpHeader {
  std::string name;
  std::string value;
};

/// One request without its body.
struct HttpRequest {
  HttpMethod method = HttpMethod::kGet;
  std::string path;                               ///< Percent-decoded, starts with '/'.
  std::map<std::string, std::string> parameters;  ///< Of the route's pattern, decoded.
  std::map<std::string, std::string> query;       ///< Decoded; the last value of a repeated key.
  std::vector<HttpHeader> headers;

  /// The value of a header, looked up case-insensitively; empty if it was not sent.
  std::string_view header(std::string_view name) const;
  /// The value of a path parameter. The route's pattern must have it.
  const std::string& parameter(const std::string& name) const;
};

/// A small answer, entirely in memory.
struct HttpResponse {
  unsigned status = 200;
  std::string body = {};
  std::string content_type = "application/json";  ///< Sent only with a body.
  std::vector<HttpHeader> headers = {};           ///< Besides those the server adds.
};

/// A body that was written to a file.
struct ReceivedFile {
  Digest digest;
  std::uint64_t size = 0;
};

enum class WaitEnd : std::uint8_t { kNotified, kTimedOut };

/// One request and its answer, as a handler sees it.
///
/// Handlers read as straight code: every call that takes time suspends the handler (it runs on its
/// own stack, on the loop thread) while the loop continues. Between two calls nothing else runs,
/// but during a call everything can change: read state again after it, and keep no reference to
/// state that can be erased elsewhere.
///
/// A call fails with kUnavailable once the client is gone or the server stops, with kTimeout when
/// the client is too slow; all the handler can do then is return the error.
class HttpExchange {
 public:
  virtual ~HttpExchange() = default;

  virtual const HttpRequest& request() const = 0;

  /// The next bytes of the request's body; empty at its end. Valid until the next call. Waits up to
  /// `quiet_max` for the next byte, since a stream can be quiet.
  virtual Result<std::string_view> read_some(Duration quiet_max) = 0;
  /// The whole body. kExhausted (answered 413) if it is larger than `bytes_max`.
  virtual Result<std::string> read_body(std::size_t bytes_max) = 0;
  /// Writes the body to a new file, which is removed again if the body is incomplete. Not synced.
  /// kExhausted if it is larger than `bytes_max` or the disk is full.
  virtual Result<ReceivedFile> read_body_to_file(const std::filesystem::path& file,
                                                 std::uint64_t bytes_max) = 0;

  /// Answers. Exactly one of respond, respond_file, begin_stream and relay succeeds per exchange.
  virtual Result<void> respond(HttpResponse response) = 0;
  virtual Result<void> respond_file(const std::filesystem::path& file,
                                    std::string_view content_type) = 0;

  /// Starts an answer of unknown length: status 200, ended by the handler's return. If the handler
  /// returns an error the stream is cut off, so that the client notices that it is incomplete.
  virtual Result<void> begin_stream(std::string_view content_type) = 0;
  /// Sends a chunk at once. A client that does not accept it within the write timeout is dropped.
  virtual Result<void> write(std::string_view chunk) = 0;

  /// Suspends until `notifier` is notified or `timeout` has passed. The awaited change might have
  /// happened while the last write() was suspended: check for it right before this call. Ends early
  /// with kUnavailable when the client closes, so that followers of something quiet do not
  /// accumulate.
  virtual Result<WaitEnd> wait(Notifier& notifier, Duration timeout) = 0;

  /// Answers with the response of another Hearth process to GET `target`, as it arrives, for as
  /// long as both sides stay. kUnavailable or kTimeout if that process cannot be reached.
  virtual Result<void> relay(const Endpoint& server, const std::string& target) = 0;

  /// Runs work that can block on a disk, off the loop, on the server's file thread. It must not
  /// touch anything that the loop uses.
  virtual void run_blocking(const std::function<void()>& work) = 0;

  /// Starts work that ends in a completion, and suspends until then. kTimeout after `timeout`; the
  /// work itself continues.
  template <class T>
  Result<T> await(Duration timeout, const std::function<void(Completion<T>)>& start) {
    struct State {
      std::optional<Result<T>> result;
      Notifier changed;
    };
    auto state = std::make_shared<State>();  // Shared with the completion, which can come late.
    start([state](Result<T> result) {
      state->result = std::move(result);
      state->changed.notify_all();
    });
    if (!state->result) {
      if (Result<WaitEnd> end = wait(state->changed, timeout); !end) {
        return tl::unexpected(end.error());
      }
    }
    if (!state->result) return fail(ErrorCode::kTimeout, "no result in time; it may still come");
    return *std::move(state->result);
  }
};

/// Answers an exchange. An error returned before the answer was started becomes its problem
/// document (RFC 9457).
using HttpHandler = std::function<Result<void>(HttpExchange&)>;

/// Who can call a route when the server requires a token.
enum class HttpAccess : std::uint8_t {
  kToken,
  kOpen,  ///< Anyone: it must not reveal anything.
};

struct HttpRoute {
  HttpMethod method = HttpMethod::kGet;
  std::string pattern;  ///< "/v1/nodes/{name}": a parameter is one whole, non-empty segment.
  HttpAccess access = HttpAccess::kToken;
  HttpHandler handler;
};

/// Registers an API's routes, before its server listens.
class HttpRoutes {
 public:
  virtual ~HttpRoutes() = default;
  /// Registering the same method and pattern twice is a programmer error.
  virtual void enter(HttpRoute route) = 0;

  void add(HttpMethod method, std::string pattern, HttpHandler handler,
           HttpAccess access = HttpAccess::kToken) {
    enter({method, std::move(pattern), access, std::move(handler)});
  }
};

/// What a server has counted since it started listening.
struct HttpServerCounters {
  std::uint64_t connections_accepted = 0;
  std::uint64_t connections_refused = 0;  ///< Over the bound of connections.
  std::uint64_t connections_starved = 0;  ///< None could be accepted, for lack of descriptors.
  std::uint64_t connections_open = 0;     ///< At this moment.
  std::uint64_t requests_answered = 0;    ///< Completely, whatever the status.
  std::uint64_t requests_denied = 0;      ///< Without the token, or from a foreign web page.
  std::uint64_t requests_malformed = 0;   ///< Not HTTP, or headers over the bound.
  std::uint64_t requests_timed_out = 0;   ///< The client was too slow.
};

/// Stable names: "GET".
std::string_view name_of(HttpMethod method);
/// kInvalidArgument for a method that Hearth does not support.
Result<HttpMethod> parse_http_method(std::string_view text);

}  // namespace hearth
