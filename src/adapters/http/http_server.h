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
  /// An IP address of this machine or "localhost"; port 0: any free one.
  Endpoint listen;
  /// The cluster's token: asked of every caller if `listen` is not loopback, and shown to the
  /// servers that answers are relayed from.
  std::string token = {};

  /// Connections at once. At the bound the one that has been idle longest is closed for the
  /// newcomer; if none is idle the newcomer gets 503. So it is when the process has no descriptor
  /// left, but then the newcomer waits.
  std::size_t connections_max = 64;
  /// Of these, those whose answer is a stream (429 beyond), so that followers never keep a short
  /// request, the dial above all, from being answered.
  std::size_t streams_max = 48;
  /// Between two requests of one connection.
  Duration idle_timeout = std::chrono::seconds(60);
  /// From a request's first byte to the end of its headers.
  Duration head_timeout = std::chrono::seconds(10);
  /// A body may take this long and a second for each 16 KiB of it (see TransferPace), no silence in
  /// it longer than this, and six hours in all.
  Duration body_timeout = std::chrono::seconds(30);
  /// How long the client may take to accept 64 KiB of an answer; and the whole answer, be it a
  /// stream, this long and a second for each 4 KiB that it accepted.
  Duration write_timeout = std::chrono::seconds(30);
  /// For the beginning of an answer that is relayed.
  Duration relay_timeout = std::chrono::seconds(5);
};

/// Serves a router's routes over HTTP/1.1 on one address. What a client may send is bounded
/// in size, time and number; what it does wrong costs it its connection and nobody else's.
///
/// After an answer that ends its connection this side is shut, and what still comes is read away
/// for a second at most, so that the client gets to see the answer instead of a reset (RFC 9112,
/// 9.6). So it is after each denial: whoever has no token keeps no connection. What is left of a
/// body that no handler wanted may take a second, too.
///
/// Denied requests are answered 401 or 403, unknown ones 404 or 405, headers over 16 KiB 431, what
/// is no HTTP 400, all with problem documents.
class HttpServer {
 public:
  /// Begins to listen. `router` must outlive the server. Errors: the address is in use (kConflict),
  /// none of this machine's, or off loopback without a token.
  static Result<std::unique_ptr<HttpServer>> listen(boost::asio::io_context& loop,
                                                    const HttpRouter& router,
                                                    HttpServerConfig config);
  /// As stop(). Handlers that wait are resumed with kUnavailable by the loop's next turns, if it
  /// has any; so either what they refer to lives until the loop has no work left, or the loop does
  /// not run again.
  ~HttpServer();

  /// Where it listens, with the real port.
  const Endpoint& endpoint() const;
  /// Whether callers need the token.
  bool wants_token() const;
  const HttpServerCounters& counters() const;
  /// Ends listening and every connection. May be called again.
  void stop();

 private:
  class Core;
  explicit HttpServer(std::shared_ptr<Core> core);

  std::shared_ptr<Core> core_;  // Shared with the coroutines of its connections.
};

}  // namespace hearth
