#include "adapters/http/http_server.h"

#include <algorithm>
#include <array>
#include <list>
#include <utility>

#include <fmt/format.h>

#include "adapters/http/http_problem.h"
#include "adapters/http/message_head.h"
#include "adapters/http/request_gate.h"
#include "adapters/http/request_target.h"
#include "adapters/http/server_exchange.h"
#include "adapters/http/transport.h"
#include "adapters/loop/coroutine.h"
#include "wire/percent_coding.h"

namespace hearth {

using http::HeadWriter;
using http::MessageHead;
using http::ReadFault;
using http::ServerConnection;
using http::ServerExchange;

namespace {

/// How much is read and discarded after the last answer.
constexpr std::size_t kLingerBytesMax = 256 * 1024;

std::string too_many_connections() {
  HeadWriter head = HeadWriter::answer(503);
  head.field("Connection", "close").field("Retry-After", 1).field("Content-Length", 0);
  return head.finish();
}

}  // namespace

class HttpServer::Core : public std::enable_shared_from_this<HttpServer::Core> {
 public:
  Core(boost::asio::io_context& loop, const HttpRouter& router, HttpServerConfig config,
       std::unique_ptr<http::Listener> the_listener)
      : server_(loop, std::move(config)),
        router_(router),
        listener_(std::move(the_listener)),
        gate_(listener_->loopback() ? http::RequestGate::for_loopback()
                                    : http::RequestGate::for_network(server_.config.token)) {}

  void start() {
    start_coroutine(server_.loop, [self = shared_from_this()](Coroutine& coroutine) {
      self->accept_connections(coroutine);
    });
  }

  void stop() {
    stopped_ = true;
    listener_->close();
    rest_.wake();
    for (ServerConnection& connection : connections_) connection.close();
  }

  const http::Listener& listener() const { return *listener_; }
  const HttpServerCounters& counters() {
    server_.counters.connections_open = connections_.size();
    return server_.counters;
  }

 private:
  using Place = std::list<ServerConnection>::iterator;

  void accept_connections(Coroutine& coroutine) {
    while (!stopped_) {
      http::Transport transport(server_.loop);
      const std::error_code error = listener_->accept(transport, coroutine);
      if (stopped_) return;
      if (error) {
        // The new connection waits in the kernel. Without a descriptor we do as at our own bound,
        // which should have been reached first; descriptors held by other parts of the process are
        // released some time.
        ++server_.counters.connections_starved;
        if (!close_the_idlest()) rest_.sleep(std::chrono::milliseconds(100), coroutine);
        continue;
      }
      ++server_.counters.connections_accepted;
      if (connections_.size() >= server_.config.connections_max && !close_the_idlest()) {
        ++server_.counters.connections_refused;
        transport.try_write(too_many_connections());
        continue;
      }
      connections_.emplace_front(server_.loop).transport = std::move(transport);
      start_coroutine(server_.loop, [self = shared_from_this(), place = connections_.begin()](
                                        Coroutine& own) { self->serve(place, own); });
    }
  }

  /// The list is ordered by use, so the last idle connection has been idle longest.
  bool close_the_idlest() {
    const auto idlest = std::find_if(connections_.rbegin(), connections_.rend(),
                                     [](const ServerConnection& connection) {
                                       return connection.idle && !connection.transport.closed();
                                     });
    if (idlest == connections_.rend()) return false;
    idlest->close();
    return true;
  }

  void serve(Place place, Coroutine& coroutine) {
    while (serve_one(*place, coroutine)) {
      connections_.splice(connections_.begin(), connections_, place);
    }
    linger(*place, coroutine);
    connections_.erase(place);
  }

  /// True if the connection can carry another request.
  bool serve_one(ServerConnection& connection, Coroutine& coroutine) {
    const HttpServerConfig& config = server_.config;
    MessageHead head;
    connection.idle = true;
    const ReadFault fault =
        connection.reader.read_head(head, {config.idle_timeout, config.head_timeout}, coroutine);
    connection.idle = false;
    if (fault != ReadFault::kNone) {
      refuse_head(connection, fault, coroutine);
      return false;
    }
    const Result<HttpMethod> method = parse_http_method(head.method);
    const std::optional<http::RequestTarget> target = http::split_target(head.target);
    const auto path = target ? percent_decode(target->path) : std::nullopt;
    auto query = target ? http::parse_query(target->query) : std::nullopt;
    const bool readable = path && query;
    HttpRequest request{method.value_or(HttpMethod::kGet),
                        path.value_or(""),
                        {},
                        query ? *std::move(query) : std::map<std::string, std::string>(),
                        std::move(head.headers)};
    auto match = router_.find(request.method, target ? target->path : std::string_view());
    auto* found = std::get_if<HttpRouter::Found>(&match);
    if (found != nullptr) request.parameters = std::move(found->parameters);

    ServerExchange exchange(server_, connection, coroutine, head, std::move(request));
    const HttpAccess access =
        found != nullptr && method ? found->route->access : HttpAccess::kToken;
    if (const auto denial = gate_.judge(exchange.request(), access)) {
      ++server_.counters.requests_denied;
      exchange.close_afterwards();
      return exchange.finish(deny(exchange, *denial));
    }
    if (!readable) {
      return exchange.finish(fail(ErrorCode::kInvalidArgument,
                                  "the request's target is not a path with an optional query"));
    }
    if (!method) return exchange.finish(refuse_method(exchange, 501, head.method));
    if (const auto* wrong = std::get_if<HttpRouter::WrongMethod>(&match)) {
      return exchange.finish(refuse_method(exchange, 405, head.method, wrong->allowed));
    }
    if (found == nullptr) {
      return exchange.finish(
          fail(ErrorCode::kNotFound, "there is nothing at '" + exchange.request().path + "'"));
    }
    return exchange.finish(found->route->handler(exchange));
  }

  static Result<void> deny(ServerExchange& exchange, const http::RequestGate::Denial& denial) {
    HttpResponse response = problem_response(denial.status, denial.error);
    if (denial.status == 401) {
      response.headers.push_back({"WWW-Authenticate", "Bearer realm=\"hearth\""});
    }
    return exchange.respond(std::move(response));
  }

  static Result<void> refuse_method(ServerExchange& exchange, unsigned status,
                                    const std::string& method, const std::string& allowed = "") {
    HttpResponse response = problem_response(
        status, {ErrorCode::kInvalidArgument,
                 fmt::format("'{}' does not support '{}'", exchange.request().path, method)});
    if (!allowed.empty()) response.headers.push_back({"Allow", allowed});
    return exchange.respond(std::move(response));
  }

  void refuse_head(ServerConnection& connection, ReadFault fault, Coroutine& coroutine) {
    const auto answer = [&](unsigned status, ErrorCode code, std::string message) {
      const HttpResponse response = problem_response(status, Error{code, std::move(message)});
      HeadWriter head = HeadWriter::answer(status);
      head.field("Connection", "close").field("Content-Type", response.content_type);
      head.field("Content-Length", response.body.size());
      // The connection is closed either way.
      (void)connection.transport.write({head.finish(), response.body}, server_.config.write_timeout,
                                       coroutine);
    };
    switch (fault) {
      case ReadFault::kMalformed:
        ++server_.counters.requests_malformed;
        answer(400, ErrorCode::kInvalidArgument, "the request is not HTTP/1.1");
        return;
      case ReadFault::kTooLarge:
        ++server_.counters.requests_malformed;
        answer(431, ErrorCode::kExhausted,
               fmt::format("the request's headers are larger than {} bytes",
                           http::MessageReader::kHeadBytesMax));
        return;
      case ReadFault::kTimedOut:
        if (!connection.reader.has_begun()) return;  // The idle timeout.
        ++server_.counters.requests_timed_out;
        answer(408, ErrorCode::kTimeout, "the request's headers arrived too slowly");
        return;
      case ReadFault::kClosed:
        if (connection.reader.has_begun()) ++server_.counters.requests_malformed;
        return;
      case ReadFault::kNone:
      case ReadFault::kStopped: return;
    }
  }

  static void linger(ServerConnection& connection, Coroutine& coroutine) {
    connection.idle = true;  // It can be closed for a new connection.
    connection.transport.finish_writing();
    std::array<char, 4096> away;
    const http::Countdown countdown(http::kReadAwayTimeout);
    for (std::size_t read = 0; read < kLingerBytesMax;) {
      const http::Transfer got =
          connection.transport.read_some(away.data(), away.size(), countdown.left(), coroutine);
      if (got.error || got.bytes == 0) return;
      read += got.bytes;
    }
  }

  http::ServerResources server_;
  const HttpRouter& router_;
  std::unique_ptr<http::Listener> listener_;
  const http::RequestGate gate_;
  Sleeper rest_{server_.loop};
  std::list<ServerConnection> connections_;
  bool stopped_ = false;
};

Result<std::unique_ptr<HttpServer>> HttpServer::listen(boost::asio::io_context& loop,
                                                       const HttpRouter& router,
                                                       HttpServerConfig config) {
  auto listener = http::Listener::open(loop, config.listen);
  if (!listener) return tl::unexpected(listener.error());
  if (!(*listener)->loopback() && config.token.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("listening on {} requires a token, since other machines can reach it; "
                            "name a token file or listen on 127.0.0.1",
                            config.listen.address));
  }
  auto core = std::make_shared<Core>(loop, router, std::move(config), *std::move(listener));
  core->start();
  return std::unique_ptr<HttpServer>(new HttpServer(std::move(core)));
}

HttpServer::HttpServer(std::shared_ptr<Core> core) : core_(std::move(core)) {}

HttpServer::~HttpServer() {
  core_->stop();
}

const Endpoint& HttpServer::endpoint() const {
  return core_->listener().endpoint();
}

bool HttpServer::wants_token() const {
  return !core_->listener().loopback();
}

const HttpServerCounters& HttpServer::counters() const {
  return core_->counters();
}

void HttpServer::stop() {
  core_->stop();
}

}  // namespace hearth
