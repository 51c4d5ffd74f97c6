#pragma once

// source check: allow heavy-header, only tests include it
#include <boost/asio/io_context.hpp>
// source check: allow heavy-header, only tests include it
#include <boost/asio/local/stream_protocol.hpp>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace hearth::docker {

/// Takes the place of a Docker engine and sends what a test gives it, byte for byte: odd, torn or
/// missing answers. Listens on a unix socket, on the test's loop.
class FakeEngine {
 public:
  struct Request {
    std::string method;
    std::string path;  ///< With version and query, as sent.
    std::string body;
  };
  enum class Then : std::uint8_t {
    kNextRequest,
    kHangUp,
    kHold,  ///< Keeps the connection for send() and hang_up().
  };
  struct Reply {
    std::string bytes;  ///< Head included.
    Then then = Then::kNextRequest;
    std::size_t body_bytes_read = SIZE_MAX;  ///< Of the request, before the reply.
  };

  FakeEngine(boost::asio::io_context& loop, std::filesystem::path socket);

  /// Replies to requests whose target, without version and query, is `path`. By default it has
  /// version 1.41 and holds `/events` open; anything else gets 404.
  void on(const std::string& path, Reply reply);

  /// The same, with a reply that depends on the request.
  void on_request(const std::string& path, std::function<Reply(const Request&)> reply);

  /// Writes to, or ends, the connection last held for that path. One write at a time.
  void send(const std::string& path, std::string_view bytes);
  void hang_up(const std::string& path);
  /// Whether a connection was ever held for that path.
  bool holds(const std::string& path) const { return held_.contains(path); }
  /// Acts like an engine that stops: no one listens, every connection ends.
  void stop();
  void start();

  const std::vector<Request>& requests() const { return requests_; }
  std::size_t count(const std::string& path) const;
  std::size_t connections() const { return connections_; }

 private:
  using Socket = boost::asio::local::stream_protocol::socket;

  void accept();
  void serve(std::shared_ptr<Socket> socket);

  boost::asio::io_context& loop_;
  const std::filesystem::path socket_;
  boost::asio::local::stream_protocol::acceptor acceptor_;
  std::map<std::string, std::function<Reply(const Request&)>> replies_;
  std::map<std::string, std::shared_ptr<Socket>> held_;
  std::vector<std::shared_ptr<Socket>> sockets_;
  std::vector<Request> requests_;
  std::size_t connections_ = 0;
};

/// A complete answer with that status, and the length of its body in the head.
std::string answer(unsigned status, std::string_view body);
/// The head of an answer whose body comes in chunks.
std::string chunked_head();
std::string chunk(std::string_view piece);
std::string chunks(const std::vector<std::string>& pieces);

}  // namespace hearth::docker
