#include "testing/engine/fake_engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>
#include <utility>

#include "adapters/loop/coroutine_asio.h"

namespace hearth::docker {
namespace {

namespace asio = boost::asio;
using boost::system::error_code;

std::string name_of_path(const std::string& target) {
  std::string path = target.substr(0, target.find('?'));
  if (path.starts_with("/v1.")) path.erase(0, path.find('/', 1));
  return path;
}

std::size_t content_length(std::string_view head) {
  constexpr std::string_view kField = "Content-Length: ";
  const std::size_t at = head.find(kField);
  return at == std::string_view::npos ? 0
                                      : std::stoul(std::string(head.substr(at + kField.size())));
}

}  // namespace

FakeEngine::FakeEngine(asio::io_context& loop, std::filesystem::path socket)
    : loop_(loop), socket_(std::move(socket)), acceptor_(loop) {
  on("/version", {answer(200, R"({"ApiVersion":"1.41","MinAPIVersion":"1.12"})")});
  on("/events", {chunked_head(), Then::kHold});
  start();
}

void FakeEngine::on(const std::string& path, Reply reply) {
  on_request(path, [reply = std::move(reply)](const Request&) { return reply; });
}

void FakeEngine::on_request(const std::string& path, std::function<Reply(const Request&)> reply) {
  replies_[path] = std::move(reply);
}

void FakeEngine::send(const std::string& path, std::string_view bytes) {
  const auto kept = std::make_shared<std::string>(bytes);
  asio::async_write(*held_.at(path), asio::buffer(*kept), [kept](error_code, std::size_t) {});
}

void FakeEngine::hang_up(const std::string& path) {
  held_.at(path)->close();
}

void FakeEngine::start() {
  std::filesystem::remove(socket_);
  acceptor_ = asio::local::stream_protocol::acceptor(
      loop_, asio::local::stream_protocol::endpoint(socket_.string()));
  accept();
}

void FakeEngine::stop() {
  acceptor_.close();
  for (const auto& socket : sockets_) socket->close();
}

std::size_t FakeEngine::count(const std::string& path) const {
  return static_cast<std::size_t>(
      std::count_if(requests_.begin(), requests_.end(),
                    [&](const Request& request) { return name_of_path(request.path) == path; }));
}

void FakeEngine::accept() {
  auto socket = std::make_shared<Socket>(loop_);
  acceptor_.async_accept(*socket, [this, socket](error_code ec) {
    if (ec) return;
    ++connections_;
    sockets_.push_back(socket);
    serve(socket);
    accept();
  });
}

void FakeEngine::serve(std::shared_ptr<Socket> socket) {
  start_coroutine(loop_, [this, socket](Coroutine& coroutine) {
    std::string input;
    const auto read_more = [&] {
      std::array<char, 4096> piece{};
      error_code ec;
      const std::size_t size = socket->async_read_some(asio::buffer(piece), coroutine.yield[ec]);
      input.append(piece.data(), size);
      return !ec;
    };
    for (;;) {
      while (input.find("\r\n\r\n") == std::string::npos) {
        if (!read_more()) return;
      }
      const std::string head = input.substr(0, input.find("\r\n\r\n") + 4);
      input.erase(0, head.size());
      const std::size_t method_end = head.find(' ');
      const std::size_t path_end = head.find(' ', method_end + 1);
      Request request{
          head.substr(0, method_end), head.substr(method_end + 1, path_end - method_end - 1), {}};
      const std::string path = name_of_path(request.path);
      const auto found = replies_.find(path);
      const Reply reply = found == replies_.end()
                              ? Reply{answer(404, R"({"message":"page not found"})")}
                              : found->second(request);
      const std::size_t body_size = std::min(content_length(head), reply.body_bytes_read);
      while (input.size() < body_size) {
        if (!read_more()) return;
      }
      request.body = input.substr(0, body_size);
      input.erase(0, body_size);
      requests_.push_back(std::move(request));

      if (reply.then == Then::kHold) held_[path] = socket;
      error_code ec;
      asio::async_write(*socket, asio::buffer(reply.bytes), coroutine.yield[ec]);
      switch (reply.then) {
        case Then::kNextRequest: break;
        case Then::kHangUp: socket->close(); return;
        case Then::kHold: return;
      }
    }
  });
}

std::string answer(unsigned status, std::string_view body) {
  if (status == 204 || status == 304) return fmt::format("HTTP/1.1 {} Odd\r\n\r\n", status);
  return fmt::format(
      "HTTP/1.1 {} Odd\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{}", status,
      body.size(), body);
}

std::string chunked_head() {
  return "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
}

std::string chunk(std::string_view piece) {
  return fmt::format("{:x}\r\n{}\r\n", piece.size(), piece);
}

std::string chunks(const std::vector<std::string>& pieces) {
  std::string all = chunked_head();
  for (const std::string& piece : pieces) all += chunk(piece);
  return all + "0\r\n\r\n";
}

}  // namespace hearth::docker
