#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <gtest/gtest.h>

#include "adapters/http/http_server.h"
#include "testing/loop/loop_thread.h"

namespace hearth {

/// A server with the test's router, until the end of the test.
class TestServer {
 public:
  explicit TestServer(HttpServerConfig config = on_loopback()) : config_(std::move(config)) {}
  ~TestServer() {
    loop.run([this] {
      server_.reset();
      return 0;
    });
  }

  static HttpServerConfig on_loopback() { return HttpServerConfig{.listen = {"127.0.0.1", 0}}; }

  void start() {
    loop.run([this] {
      auto server = HttpServer::listen(loop.loop(), router, config_);
      EXPECT_TRUE(server) << server.error().message;
      server_ = *std::move(server);
      return 0;
    });
  }
  void stop() {
    loop.run([this] {
      server_->stop();
      return 0;
    });
  }

  /// Its address for clients on this machine.
  Endpoint endpoint() const { return {"127.0.0.1", server_->endpoint().port}; }
  const HttpServer& server() const { return *server_; }
  HttpServerCounters counters() {
    return loop.run([this] { return server_->counters(); });
  }
  /// Waits until `holds` returns true.
  bool reaches(const std::function<bool(const HttpServerCounters&)>& holds) {
    for (int i = 0; i < 2000; ++i) {
      if (holds(counters())) return true;
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
    return false;
  }

  HttpRouter router;

 private:
  HttpServerConfig config_;
  std::unique_ptr<HttpServer> server_;

 public:
  LoopThread loop;  // Destroyed first: no handler runs when the rest is destroyed.
};

/// Lets this process open only `count` more files while it exists.
class DescriptorsLeft {
 public:
  explicit DescriptorsLeft(std::size_t count) {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const auto is_free = [](int number) { return ::fcntl(number, F_GETFD) < 0; };
    int end = 0;
    for (std::size_t left = count; left > 0 || !is_free(end); ++end) left -= is_free(end) ? 1 : 0;
    const rlimit few{static_cast<rlim_t>(end), before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &few), 0);
  }
  ~DescriptorsLeft() { ::setrlimit(RLIMIT_NOFILE, &before_); }
  DescriptorsLeft(const DescriptorsLeft&) = delete;
  DescriptorsLeft& operator=(const DescriptorsLeft&) = delete;

 private:
  rlimit before_{};
};

/// A client that sends arbitrary bytes, one by one if need be.
class RawClient {
 public:
  explicit RawClient(const Endpoint& server) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(server.port);
    ::inet_pton(AF_INET, server.address.c_str(), &address.sin_addr);
    const timeval patience{.tv_sec = 10, .tv_usec = 0};
    ::setsockopt(socket_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    EXPECT_EQ(::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
  }
  ~RawClient() { close(); }
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void close() {
    if (socket_ >= 0) ::close(socket_);
    socket_ = -1;
  }
  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }
  /// Everything received until the server closes.
  std::string read_to_end() {
    while (read_more()) {
    }
    return std::exchange(received_, {});
  }
  /// Everything received up to and including `mark`.
  std::string read_until(std::string_view mark) {
    std::size_t at = received_.find(mark);
    while (at == std::string::npos && read_more()) at = received_.find(mark);
    EXPECT_NE(at, std::string::npos) << "no '" << mark << "' in: " << received_;
    if (at == std::string::npos) return std::exchange(received_, {});
    std::string text = received_.substr(0, at + mark.size());
    received_.erase(0, text.size());
    return text;
  }

  /// Receives and discards up to `size` bytes; returns how many.
  std::size_t read_some(std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = ::recv(socket_, bytes.data(), size, 0);
    return got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  /// Whether there is nothing to read: neither unread bytes nor the end of the connection.
  bool is_quiet() const {
    char byte = 0;
    return ::recv(socket_, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
  }
  /// Whether the server has closed. Discards what it sent before.
  bool closed_by_peer() {
    for (;;) {
      char bytes[4096];
      const ssize_t got = ::recv(socket_, bytes, sizeof bytes, MSG_DONTWAIT);
      if (got <= 0) return got == 0 ? half_closed() : errno != EAGAIN;
    }
  }

 private:
  /// For a server that has closed its side: whether it also refuses to receive, found by a write.
  bool half_closed() { return ::send(socket_, "x", 1, MSG_NOSIGNAL) < 0; }
  bool read_more() {
    char bytes[4096];
    const ssize_t got = ::recv(socket_, bytes, sizeof bytes, 0);
    if (got > 0) received_.append(bytes, static_cast<std::size_t>(got));
    return got > 0;
  }

  int socket_;
  std::string received_;
};

/// Sends one request on its own connection; returns the whole answer.
inline std::string exchange_with(const Endpoint& server, std::string_view request) {
  RawClient client(server);
  client.send(request);
  return client.read_to_end();
}

/// A request without a body that asks for the connection to be closed.
inline std::string plain_request(std::string_view method, std::string_view target,
                                 std::string_view headers = "") {
  return std::string(method) + " " + std::string(target) +
         " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + std::string(headers) + "\r\n";
}

}  // namespace hearth
