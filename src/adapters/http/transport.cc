#include "adapters/http/transport.h"

#include <array>
#include <cerrno>
#include <optional>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/write.hpp>

#include "adapters/loop/coroutine_asio.h"
#include "base/check.h"

namespace hearth::http {
namespace asio = boost::asio;
using asio::ip::tcp;
using Protocol = asio::generic::stream_protocol;
using boost::system::error_code;
using Clock = std::chrono::steady_clock;

namespace {

const std::error_code kTimedOut = std::make_error_code(std::errc::timed_out);
const std::error_code kCanceled = std::make_error_code(std::errc::operation_canceled);
/// Not kTimedOut: the peer was not asked, so this does not count against it.
const std::error_code kNotFoundYet = error_code(asio::error::host_not_found_try_again);

/// A point in time that does not overflow, even for Duration::max().
Clock::time_point after(Duration timeout) {
  const Clock::time_point now = Clock::now();
  return timeout < Clock::time_point::max() - now ? now + timeout : Clock::time_point::max();
}

void set_option(Protocol::socket& socket, int level, int name, int value) {
  ::setsockopt(socket.native_handle(), level, name, &value, sizeof value);
}

/// A followed log can be quiet for days, so the kernel must check whether the peer still exists.
void notice_a_vanished_peer(Protocol::socket& socket) {
  set_option(socket, SOL_SOCKET, SO_KEEPALIVE, 1);
  set_option(socket, IPPROTO_TCP, TCP_KEEPIDLE, 10);
  set_option(socket, IPPROTO_TCP, TCP_KEEPINTVL, 5);
  set_option(socket, IPPROTO_TCP, TCP_KEEPCNT, 3);
  set_option(socket, IPPROTO_TCP, TCP_NODELAY, 1);
}

/// Whether neither bytes nor the peer's end wait to be read.
bool has_nothing_to_read(Protocol::socket& socket) {
  char byte = 0;
  const ssize_t got = ::recv(socket.native_handle(), &byte, sizeof byte, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

/// Whether the peer has ended its side, even behind unread bytes.
bool has_ended(Protocol::socket& socket) {
  pollfd what{.fd = socket.native_handle(), .events = POLLRDHUP, .revents = 0};
  return ::poll(&what, 1, 0) == 1;
}

}  // namespace

struct Transport::State {
  explicit State(asio::io_context& the_loop)
      : loop(the_loop),
        socket(the_loop),
        deadline(the_loop),
        next_look(the_loop),
        sleeper(the_loop) {}

  asio::io_context& loop;
  Protocol::socket socket;
  asio::steady_timer deadline;
  asio::steady_timer next_look;  ///< For the peer's end, while bytes hide it.
  Sleeper sleeper;               ///< While a name is being resolved.
  bool timed_out = false;
  bool closed = false;
  std::function<void()> on_gone;
  std::uint64_t watch = 0;  ///< Counts watches: handlers of earlier ones do nothing.

  void close() {
    closed = true;
    error_code ignored;
    socket.close(ignored);
    deadline.cancel();
    next_look.cancel();
    sleeper.wake();
    if (const auto gone = std::exchange(on_gone, nullptr)) gone();
  }
};

namespace {

/// Cancels the operation in progress at its deadline.
template <class State>
class DeadlineGuard {
 public:
  DeadlineGuard(const std::shared_ptr<State>& state, Duration timeout) : state_(*state) {
    state_.timed_out = false;
    state_.deadline.expires_at(after(timeout));
    state_.deadline.async_wait([state](error_code ec) {
      // A handler that was queued already when the operation ended must not hit the next one, whose
      // deadline is later.
      if (ec || state->deadline.expiry() > Clock::now()) return;
      state->timed_out = true;
      error_code ignored;
      state->socket.cancel(ignored);
    });
  }
  ~DeadlineGuard() { state_.deadline.expires_at(Clock::time_point::max()); }
  DeadlineGuard(const DeadlineGuard&) = delete;
  DeadlineGuard& operator=(const DeadlineGuard&) = delete;

  std::error_code explain(error_code ec) const {
    if (ec && state_.closed) return kCanceled;
    if (ec && state_.timed_out) return kTimedOut;
    return ec;
  }

 private:
  State& state_;
};

struct Resolved {
  std::error_code error;
  std::vector<tcp::endpoint> endpoints;
};

/// getaddrinfo() runs on a thread of Asio's and cannot be interrupted, so the caller abandons one
/// that takes too long; its answer is then dropped.
Resolved resolve(asio::io_context& loop, Sleeper& sleeper, const Endpoint& endpoint,
                 Clock::time_point give_up, Coroutine& coroutine) {
  error_code ec;
  const asio::ip::address address = asio::ip::make_address(endpoint.address, ec);
  if (!ec) return {{}, {tcp::endpoint(address, endpoint.port)}};

  struct Lookup {
    explicit Lookup(asio::io_context& the_loop) : resolver(the_loop) {}
    tcp::resolver resolver;
    std::optional<Resolved> found;
    Sleeper* sleeper = nullptr;
  };
  auto lookup = std::make_shared<Lookup>(loop);
  lookup->sleeper = &sleeper;
  lookup->resolver.async_resolve(
      endpoint.address, std::to_string(endpoint.port),
      [lookup](error_code error, const tcp::resolver::results_type& results) {
        Resolved found{error, {}};
        for (const auto& result : results) found.endpoints.push_back(result.endpoint());
        lookup->found = std::move(found);
        if (lookup->sleeper != nullptr) lookup->sleeper->wake();
      });
  const Duration left = give_up - Clock::now();
  if (left > Duration::zero()) sleeper.sleep(left, coroutine);
  lookup->sleeper = nullptr;
  if (!lookup->found) return {kNotFoundYet, {}};
  return *std::move(lookup->found);
}

}  // namespace

Transport::Transport(asio::io_context& loop) : state_(std::make_shared<State>(loop)) {}
Transport::Transport(Transport&&) noexcept = default;

Transport& Transport::operator=(Transport&& other) noexcept {
  if (state_) state_->close();
  state_ = std::move(other.state_);
  return *this;
}

Transport::~Transport() {
  if (state_) state_->close();
}

std::error_code Transport::connect(const Endpoint& endpoint, Duration timeout,
                                   Coroutine& coroutine) {
  const std::shared_ptr<State> state = state_;
  const Clock::time_point give_up = after(timeout);
  const Resolved resolved = resolve(state->loop, state->sleeper, endpoint, give_up, coroutine);
  if (state->closed) return kCanceled;
  if (resolved.error) return resolved.error;
  std::error_code last = std::make_error_code(std::errc::host_unreachable);
  for (const tcp::endpoint& peer : resolved.endpoints) {
    const Duration left = give_up - Clock::now();
    if (left <= Duration::zero()) return kTimedOut;
    error_code ec;
    state->socket.close(ec);
    DeadlineGuard guard(state, left);
    state->socket.async_connect(peer, coroutine.yield[ec]);
    last = guard.explain(ec);
    if (!last) {
      notice_a_vanished_peer(state->socket);
      return {};
    }
    if (state->closed) return last;
  }
  return last;
}

/// The steps of call_out(): look up, connect (each address in turn), send, wait. Its handlers keep
/// it alive; the first one to end it wins.
template <class State>
class CallOut : public std::enable_shared_from_this<CallOut<State>> {
 public:
  CallOut(std::shared_ptr<State> state, std::string words,
          std::function<void(std::error_code)> on_said)
      : state_(std::move(state)),
        resolver_(state_->loop),
        words_(std::move(words)),
        on_said_(std::move(on_said)) {}

  void start(const Endpoint& endpoint, Duration timeout) {
    state_->on_gone = [call = this->weak_from_this()] {
      if (const auto alive = call.lock()) alive->end(kCanceled);
    };
    state_->deadline.expires_after(timeout);
    state_->deadline.async_wait([self = this->shared_from_this()](error_code ec) {
      if (!ec) self->end(self->peers_.empty() ? kNotFoundYet : kTimedOut);
    });
    error_code ec;
    const asio::ip::address address = asio::ip::make_address(endpoint.address, ec);
    if (!ec) {
      peers_ = {tcp::endpoint(address, endpoint.port)};
      return connect(0);
    }
    resolver_.async_resolve(endpoint.address, std::to_string(endpoint.port),
                            [self = this->shared_from_this()](
                                error_code error, const tcp::resolver::results_type& found) {
                              if (error) return self->end(error);
                              for (const auto& result : found)
                                self->peers_.push_back(result.endpoint());
                              self->connect(0);
                            });
  }

 private:
  void connect(std::size_t index) {
    if (!on_said_) return;
    error_code ignored;
    state_->socket.close(ignored);
    state_->socket.async_connect(peers_[index],
                                 [self = this->shared_from_this(), index](error_code ec) {
                                   if (!self->on_said_) return;
                                   if (!ec) return self->speak();
                                   if (index + 1 < self->peers_.size())
                                     return self->connect(index + 1);
                                   self->end(ec);
                                 });
  }
  void speak() {
    notice_a_vanished_peer(state_->socket);
    asio::async_write(state_->socket, asio::buffer(words_),
                      [self = this->shared_from_this()](error_code ec, std::size_t) {
                        if (ec) return self->end(ec);
                        self->listen();
                      });
  }
  void listen() {
    if (!on_said_) return;
    state_->socket.async_wait(Protocol::socket::wait_read,
                              [self = this->shared_from_this()](error_code ec) { self->end(ec); });
  }
  void end(const std::error_code& ec) {
    if (!on_said_) return;
    state_->on_gone = nullptr;
    state_->deadline.expires_at(Clock::time_point::max());
    resolver_.cancel();
    const auto on_said = std::exchange(on_said_, nullptr);
    if (ec && !state_->closed) state_->close();
    on_said(ec);
  }

  std::shared_ptr<State> state_;
  tcp::resolver resolver_;
  std::string words_;
  std::function<void(std::error_code)> on_said_;  ///< Empty once called.
  std::vector<tcp::endpoint> peers_;
};

void Transport::call_out(const Endpoint& endpoint, std::string words, Duration timeout,
                         std::function<void(std::error_code)> on_said) {
  std::make_shared<CallOut<State>>(state_, std::move(words), std::move(on_said))
      ->start(endpoint, timeout);
}

std::error_code Transport::connect_local(const std::filesystem::path& path, Duration timeout,
                                         Coroutine& coroutine) {
  const std::shared_ptr<State> state = state_;
  if (state->closed) return kCanceled;
  DeadlineGuard guard(state, timeout);
  error_code ec;
  state->socket.async_connect(asio::local::stream_protocol::endpoint(path.native()),
                              coroutine.yield[ec]);
  return guard.explain(ec);
}

Transfer Transport::read_some(char* data, std::size_t size, Duration timeout,
                              Coroutine& coroutine) {
  const std::shared_ptr<State> state = state_;
  if (state->closed) return {0, kCanceled};
  DeadlineGuard guard(state, timeout);
  error_code ec;
  const std::size_t bytes =
      state->socket.async_read_some(asio::buffer(data, size), coroutine.yield[ec]);
  if (ec == asio::error::eof) return {};
  return {bytes, guard.explain(ec)};
}

std::error_code Transport::write(std::initializer_list<std::string_view> parts, Duration timeout,
                                 Coroutine& coroutine) {
  const std::shared_ptr<State> state = state_;
  if (state->closed) return kCanceled;
  std::array<asio::const_buffer, 8> buffers;
  HEARTH_CHECK(parts.size() <= buffers.size());
  std::size_t count = 0;
  for (const std::string_view part : parts) buffers[count++] = asio::buffer(part);
  DeadlineGuard guard(state, timeout);
  error_code ec;
  asio::async_write(state->socket, buffers, coroutine.yield[ec]);
  return guard.explain(ec);
}

void Transport::try_write(std::string_view bytes) {
  error_code ignored;
  state_->socket.non_blocking(true, ignored);
  state_->socket.write_some(asio::buffer(bytes), ignored);
}

namespace {

/// Reports the peer's end, or checks again after a while: with unread bytes, waiting for
/// readability would return at once.
template <class State>
void look_for_end(const std::shared_ptr<State>& state, std::uint64_t watch) {
  if (state->closed || state->watch != watch || !state->on_gone) return;
  if (has_ended(state->socket)) return std::exchange(state->on_gone, nullptr)();
  state->next_look.expires_after(std::chrono::seconds(1));
  state->next_look.async_wait([state, watch](error_code ec) {
    if (!ec) look_for_end(state, watch);
  });
}

}  // namespace

void Transport::watch_peer(std::function<void()> on_gone) {
  if (state_->closed) return;
  state_->on_gone = std::move(on_gone);
  state_->socket.async_wait(Protocol::socket::wait_read,
                            [state = state_, watch = ++state_->watch](error_code ec) {
                              if (!ec) look_for_end(state, watch);
                            });
}

void Transport::unwatch_peer() {
  state_->on_gone = nullptr;
  state_->next_look.cancel();
  error_code ignored;
  state_->socket.cancel(ignored);
}

bool Transport::quiet() const {
  return state_->socket.is_open() && has_nothing_to_read(state_->socket);
}

void Transport::finish_writing() {
  error_code ignored;
  state_->socket.shutdown(Protocol::socket::shutdown_send, ignored);
}

void Transport::close() {
  state_->close();
}

bool Transport::closed() const {
  return state_->closed;
}

struct Listener::State {
  explicit State(asio::io_context& loop) : acceptor(loop) {}
  tcp::acceptor acceptor;
};

namespace {

Error listen_error(const Endpoint& endpoint, const error_code& ec) {
  const auto on = [&endpoint] {
    return fmt::format("port {} on {}", endpoint.port, endpoint.address);
  };
  if (ec == asio::error::address_in_use) {
    return {ErrorCode::kConflict,
            on() + " is in use; stop the process that listens there, or listen on another port"};
  }
  if (ec == boost::system::errc::address_not_available) {
    // It can become one: its network is not up yet.
    return {ErrorCode::kUnavailable,
            fmt::format("'{}' is not an address of this machine; listen on one of its own, or on "
                        "0.0.0.0 for all of them",
                        endpoint.address)};
  }
  if (ec == asio::error::access_denied) {
    return {ErrorCode::kInvalidArgument,
            on() + " is not permitted for this user; listen on port 1024 or above"};
  }
  return {ErrorCode::kUnavailable, fmt::format("cannot listen on {}: {}", on(), ec.message())};
}

}  // namespace

Result<std::unique_ptr<Listener>> Listener::open(asio::io_context& loop, const Endpoint& endpoint) {
  error_code ec;
  const asio::ip::address address =
      asio::ip::make_address(endpoint.address == "localhost" ? "127.0.0.1" : endpoint.address, ec);
  if (ec) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("cannot listen on '{}': name an IP address of this machine, for "
                            "example 127.0.0.1",
                            endpoint.address));
  }
  auto state = std::make_unique<State>(loop);
  const tcp::endpoint local(address, endpoint.port);
  state->acceptor.open(local.protocol(), ec);
  if (!ec) state->acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  if (!ec) state->acceptor.bind(local, ec);
  if (!ec) state->acceptor.listen(asio::socket_base::max_listen_connections, ec);
  if (ec) return tl::unexpected(listen_error(endpoint, ec));
  return std::unique_ptr<Listener>(new Listener(std::move(state)));
}

Listener::Listener(std::unique_ptr<State> state) : state_(std::move(state)) {
  const tcp::endpoint local = state_->acceptor.local_endpoint();
  endpoint_ = Endpoint{local.address().to_string(), local.port()};
  loopback_ = local.address().is_loopback();
}

Listener::~Listener() = default;

std::error_code Listener::accept(Transport& into, Coroutine& coroutine) {
  error_code ec;
  state_->acceptor.async_accept(into.state_->socket, coroutine.yield[ec]);
  if (!state_->acceptor.is_open()) return kCanceled;
  if (!ec) notice_a_vanished_peer(into.state_->socket);
  return ec;
}

void Listener::close() {
  error_code ignored;
  state_->acceptor.close(ignored);
}

}  // namespace hearth::http
