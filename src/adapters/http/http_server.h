#pragma once

#include <functional>
#include <memory>
#include <string>

#include "adapters/http/http_router.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

struct HttpServerConfig {
  /// An IP address of this machine or "localhost"; port 0 is any free one.
  Endpoint listen;
  /// The cluster's token: required from every caller if `listen` is not loopback, and sent to the
  /// servers whose answers are relayed.
  std::string token = {};

  /// Connections at once. At the bound, the longest idle connection is closed for a new one; if
  /// none is idle, the new one gets 503. The same applies when the process has no descriptor left,
  /// but then the new connection waits.
  std::size_t connections_max = 64;
  /// Of these, connections whose answer is a stream (429 beyond), so that followers never keep
  /// short requests, above all the dial, from being answered.
  std::size_t streams_max = 48;
  /// Between two requests of one connection.
  Duration idle_timeout = std::chrono::seconds(60);
  /// From a request's first byte to the end of its headers.
  Duration head_timeout = std::chrono::seconds(10);
  /// A body is allowed this long plus one second per 16 KiB (see TransferPace), silences of at most
  /// this long, and six hours in all.
  Duration body_timeout = std::chrono::seconds(30);
  /// Time for the client to accept 64 KiB of an answer. A whole answer, even a stream, is allowed
  /// this long plus one second per 4 KiB accepted.
  Duration write_timeout = std::chrono::seconds(30);
  /// Time until a relayed answer begins.
  Duration relay_timeout = std::chrono::seconds(5);
};

/// Serves a router's routes over HTTP/1.1 on one address. What a client sends is bounded in size,
/// time and number; a client that violates a bound loses its own connection and harms no other.
///
/// After an answer that ends the connection, the server shuts down its side and discards what still
/// arrives for at most a second, so that the client sees the answer instead of a reset (RFC 9112,
/// 9.6). Every denial ends the connection: a client without a token cannot keep one. The rest of a
/// body that no handler read is discarded for at most a second, too.
///
/// Denied requests are answered 401 or 403, unknown ones 404 or 405, headers over 16 KiB 431, and
/// invalid HTTP 400, all with problem documents.
class HttpServer {
 public:
  /// Begins to listen. `router` must outlive the server. Errors: the address is in use (kConflict),
  /// does not belong to this machine, or is not loopback and the token is missing.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& loop,
                                                    const HttpRouter& router,
                                                    HttpServerConfig config);
  /// Does what stop() does. Waiting handlers are resumed with kUnavailable in the loop's next
  /// turns, if there are any. So either what they refer to outlives the loop's work, or the loop
  /// does not run again.
  ~HttpServer();

  /// The address it listens on, with the actual port.
  const Endpoint& endpoint() const;
  /// Whether callers need the token.
  bool wants_token() const;
  const HttpServerCounters& counters() const;
  /// Stops listening and closes every connection. May be called again.
  void stop();

 private:
  class Core;
  explicit HttpServer(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;  // Shared with the coroutines of its connections.
};

}  // namespace hearth
