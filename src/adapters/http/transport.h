#pragma once

#include <filesystem>
#include <functional>
#include <initializer_list>
#include <memory>
#include <string_view>
#include <system_error>

#include "adapters/loop/coroutine.h"
#include "base/result.h"
#include "model/ids.h"

namespace hearth::http {

/// How many bytes were moved, and what ended it. `timed_out` and `operation_canceled` (of
/// std::errc) come from us; a read of 0 bytes without an error is the peer's regular end.
struct Transfer {
  std::size_t bytes = 0;
  std::error_code error = {};
};

/// A stream of bytes to one peer. The only place that knows what carries them, plain TCP or a unix
/// socket; TLS belongs here.
///
/// One coroutine uses it; close() can be called from anywhere on the loop and ends what is in
/// progress. A peer that vanished silently (power cut, partition) is noticed by TCP keep-alive
/// within 25 s even when nothing is sent. A timeout of Duration::max() is none.
class Transport {
 public:
  explicit Transport(boost::asio::io_context& loop);
  ~Transport();
  Transport(Transport&&) noexcept;
  Transport& operator=(Transport&&) noexcept;

  /// Resolves the host name, if it is one, and tries its addresses in turn, all within `timeout`.
  /// If the name server does not answer in time, the error is asio's "try again".
  std::error_code connect(const Endpoint& endpoint, Duration timeout, Coroutine& coroutine);
  /// Connects, sends `words` and waits for the first byte of the answer, all within `timeout`; then
  /// calls `on_said`, which reads on, or passes the error (as connect() does). Uses no coroutine
  /// and no stack, so that thousands of unanswered calls can be in progress. close() ends it with
  /// operation_canceled.
  void call_out(const Endpoint& endpoint, std::string words, Duration timeout,
                std::function<void(std::error_code)> on_said);
  /// A unix socket of this machine.
  std::error_code connect_local(const std::filesystem::path& path, Duration timeout,
                                Coroutine& coroutine);
  /// Reads at least one byte, or the end.
  Transfer read_some(char* data, std::size_t size, Duration timeout, Coroutine& coroutine);
  /// Writes all the parts in order. At most 8 parts.
  std::error_code write(std::initializer_list<std::string_view> parts, Duration timeout,
                        Coroutine& coroutine);
  /// Writes what fits at once, without waiting.
  void try_write(std::string_view bytes);

  /// Calls `on_gone` once if the peer ends its side or the transport is closed. The peer's end is
  /// seen at once, or within a second if there are unread bytes before it.
  void watch_peer(std::function<void()> on_gone);
  void unwatch_peer();

  /// Connected, with neither bytes nor the peer's end waiting to be read.
  bool quiet() const;

  /// Tells the peer that nothing more follows.
  void finish_writing();
  void close();
  bool closed() const;

 private:
  friend class Listener;
  struct State;
  std::shared_ptr<State> state_;  // Shared with handlers that run after close().
};

/// Accepts connections.
class Listener {
 public:
  /// The address is an IP address or "localhost". Errors name address, port and remedy.
  static Result<std::unique_ptr<Listener>> open(boost::asio::io_context& loop,
                                                const Endpoint& endpoint);
  ~Listener();

  /// The error is `operation_canceled` once closed, otherwise temporary (such as no descriptors).
  std::error_code accept(Transport& into, Coroutine& coroutine);
  void close();

  /// The address it listens on: for port 0, with the port that the system chose.
  const Endpoint& endpoint() const { return endpoint_; }
  bool loopback() const { return loopback_; }

 private:
  struct State;
  explicit Listener(std::unique_ptr<State> state);

  std::unique_ptr<State> state_;
  Endpoint endpoint_;
  bool loopback_ = false;
};

}  // namespace hearth::http
