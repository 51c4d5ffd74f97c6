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

/// How much came or went, and what ended it. `timed_out` and `operation_canceled` (of std::errc)
/// are our own doing; a read of 0 bytes without an error is the peer's regular end.
struct Transfer {
  std::size_t bytes = 0;
  std::error_code error = {};
};

/// A stream of bytes to one peer. The one place that knows what carries them: plain TCP or a unix
/// socket, so this is where TLS goes.
///
/// One coroutine uses it; close() may come from anywhere on the loop and ends what is going on.
/// A peer that vanished without a word (power cut, partition) is noticed by TCP keep-alive within
/// 25 s even when nothing is sent. A timeout of Duration::max() is none.
class Transport {
 public:
  explicit Transport(boost::asio::io_context& loop);
  ~Transport();
  Transport(Transport&&) noexcept;
  Transport& operator=(Transport&&) noexcept;

  /// Resolves a host name, if it is one, and tries its addresses in turn, all within `timeout`. A
  /// name server that does not answer in time is asio's error "try again".
  std::error_code connect(const Endpoint& endpoint, Duration timeout, Coroutine& coroutine);
  /// Connects, sends `words` and waits for the first byte of what is said back, all within
  /// `timeout`; then calls `on_said`, which reads on, or tells the error (as connect() does).
  /// Without a coroutine and its stack, so that thousands may be under way that nobody answers.
  /// close() ends it with operation_canceled.
  void call_out(const Endpoint& endpoint, std::string words, Duration timeout,
                std::function<void(std::error_code)> on_said);
  /// A unix socket of this machine.
  std::error_code connect_local(const std::filesystem::path& path, Duration timeout,
                                Coroutine& coroutine);
  /// At least one byte, or the end.
  Transfer read_some(char* data, std::size_t size, Duration timeout, Coroutine& coroutine);
  /// All the parts, one after the other. At most 8 parts.
  std::error_code write(std::initializer_list<std::string_view> parts, Duration timeout,
                        Coroutine& coroutine);
  /// What fits at once, without waiting.
  void try_write(std::string_view bytes);

  /// Calls `on_gone` once if the peer ends its side or the transport is closed. The former is seen
  /// at once, or within a second where the peer has sent something that nobody has read.
  void watch_peer(std::function<void()> on_gone);
  void unwatch_peer();

  /// Connected, and the peer has sent neither a byte nor its end that was not read yet.
  bool quiet() const;

  /// Tells the peer that nothing more will come.
  void finish_writing();
  void close();
  bool closed() const;

 private:
  friend class Listener;
  struct State;
  std::shared_ptr<State> state_;  // Shared with handlers that come after close().
};

/// Accepts connections.
class Listener {
 public:
  /// The address is an IP address or "localhost". Errors name address and port, and what to do.
  static Result<std::unique_ptr<Listener>> open(boost::asio::io_context& loop,
                                                const Endpoint& endpoint);
  ~Listener();

  /// The error is `operation_canceled` once closed, otherwise passing (out of files, say).
  std::error_code accept(Transport& into, Coroutine& coroutine);
  void close();

  /// Where it listens: with the port that the system chose for port 0.
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
