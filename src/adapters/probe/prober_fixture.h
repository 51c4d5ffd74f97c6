#pragma once

#include <atomic>
#include <functional>
#include <future>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/probe/asio_prober.h"
#include "testing/loop/loop_thread.h"

namespace hearth {

/// A connection that the test serves.
class Served {
 public:
  explicit Served(int socket) : socket_(socket) {}
  bool send(std::string_view bytes) const {
    return ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL) ==
           static_cast<ssize_t>(bytes.size());
  }
  /// The head of a request, or what came before the end.
  std::string read_head() const {
    std::string head;
    char byte = 0;
    while (!head.ends_with("\r\n\r\n") && ::recv(socket_, &byte, 1, 0) == 1) head += byte;
    return head;
  }
  /// Returns when the client has closed.
  void wait_for_end() const {
    char byte = 0;
    while (::recv(socket_, &byte, 1, 0) > 0) {
    }
  }
  /// The next close() sends a reset instead of a regular end.
  void reset_at_end() const {
    const linger at_once{.l_onoff = 1, .l_linger = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }

 private:
  int socket_;
};

/// Serves one connection after the other on loopback, on a thread of its own.
class ScriptedServer {
 public:
  explicit ScriptedServer(std::function<void(const Served&)> script, int family = AF_INET)
      : socket_(::socket(family, SOCK_STREAM, 0)), script_(std::move(script)) {
    sockaddr_in6 six{};
    six.sin6_family = AF_INET6;
    six.sin6_addr = in6addr_loopback;
    sockaddr_in four{};
    four.sin_family = AF_INET;
    four.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    const bool is_four = family == AF_INET;
    const auto* address =
        is_four ? reinterpret_cast<const sockaddr*>(&four) : reinterpret_cast<sockaddr*>(&six);
    socklen_t size = is_four ? sizeof four : sizeof six;
    EXPECT_EQ(::bind(socket_, address, size), 0);
    EXPECT_EQ(::listen(socket_, 64), 0);
    sockaddr_in6 bound{};
    size = sizeof bound;
    EXPECT_EQ(::getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size), 0);
    port_ = ntohs(bound.sin6_port);  // At the same place in both.
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedServer() { stop(); }
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  std::uint16_t port() const { return port_; }
  int connections() const { return connections_; }
  void stop() {
    if (socket_ < 0) return;
    ::shutdown(socket_, SHUT_RDWR);
    thread_.join();
    ::close(std::exchange(socket_, -1));
  }

 private:
  void serve() {
    for (;;) {
      const int connection = ::accept(socket_, nullptr, nullptr);
      if (connection < 0) return;
      ++connections_;
      script_(Served(connection));
      ::close(connection);
    }
  }

  int socket_;
  std::function<void(const Served&)> script_;
  std::uint16_t port_ = 0;
  std::atomic<int> connections_ = 0;
  std::thread thread_;
};

/// A script that answers each request with `answer`.
inline std::function<void(const Served&)> answering(std::string answer) {
  return [answer = std::move(answer)](const Served& client) {
    client.read_head();
    client.send(answer);
  };
}
/// A script that says nothing.
inline void say_nothing(const Served& client) {
  client.wait_for_end();
}

/// For what must succeed, on a busy machine.
inline constexpr Duration kPatience = std::chrono::seconds(20);
/// For what lasts forever.
inline constexpr Duration kShort = std::chrono::milliseconds(150);

inline ProbeRequest request_to(std::uint16_t port, ProbeCheck check, Duration timeout = kPatience) {
  if (auto* http = std::get_if<HttpCheck>(&check)) http->port = port;
  if (auto* tcp = std::get_if<TcpCheck>(&check)) tcp->port = port;
  return {.container = ContainerId{"4f66ad9a0b2e"},
          .address = "127.0.0.1",
          .check = std::move(check),
          .timeout = timeout};
}

/// A prober on its loop.
struct ProberFixture {
  explicit ProberFixture(ExecRunner exec = {}, std::size_t checks_max = Prober::kChecksMax) {
    prober = loop.run(
        [&] { return std::make_unique<AsioProber>(loop.loop(), std::move(exec), checks_max); });
  }
  ~ProberFixture() {
    loop.run([this] {
      prober.reset();
      return 0;
    });
  }
  std::future<ProbeResult> start(ProbeRequest request) {
    auto promise = std::make_shared<std::promise<ProbeResult>>();
    auto result = promise->get_future();
    loop.run([&] {
      prober->run(std::move(request),
                  [promise](ProbeResult ended) { promise->set_value(std::move(ended)); });
      return 0;
    });
    return result;
  }
  ProbeResult run(const ProbeRequest& request) {
    for (;;) {
      ProbeResult result = start(request).get();
      // On a busy machine: the test's own loop had to wait.
      if (!result.words.starts_with("the agent itself was late")) return result;
    }
  }

  LoopThread loop;
  std::unique_ptr<AsioProber> prober;
};

}  // namespace hearth
