#pragma once

#include <deque>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/http/http_problem.h"
#include "adapters/http/http_router.h"
#include "adapters/http/request_target.h"
#include "base/check.h"

namespace hearth {

/// An exchange without a network: the request is given, the answer is kept. A handler that waits
/// meets the next of `on_wait`; when there is none left its client is gone.
class FakeHttpExchange final : public HttpExchange {
 public:
  FakeHttpExchange(HttpMethod method, const std::string& target, std::string body = {})
      : body_(std::move(body)) {
    request_.method = method;
    const auto parts = http::split_target(target);
    HEARTH_CHECK(parts.has_value());
    request_.path = parts->path;
    request_.query = http::parse_query(parts->query).value();
  }

  /// Hands itself to the route and keeps what comes of it.
  FakeHttpExchange& run(const HttpRouter& router) {
    auto match = router.find(request_.method, request_.path);
    auto* found = std::get_if<HttpRouter::Found>(&match);
    HEARTH_CHECK(found != nullptr);
    request_.parameters = found->parameters;
    ended = found->route->handler(*this);
    if (!ended && !answered) response = problem_response(ended.error());
    return *this;
  }

  std::deque<std::function<WaitEnd()>> on_wait;
  std::deque<std::string> pieces;         ///< Of the body, for read_some().
  bool breaks_off = false;                ///< After `pieces`.
  std::function<void(Duration)> on_read;  ///< Told how long the handler waits for a piece.
  std::optional<ReceivedFile> received;
  std::vector<HttpHeader>& headers() { return request_.headers; }

  Result<void> ended;
  HttpResponse response;
  bool answered = false;
  std::string streamed;
  std::filesystem::path file_sent;
  std::optional<std::pair<Endpoint, std::string>> relayed;

  const HttpRequest& request() const override { return request_; }
  Result<std::string_view> read_some(Duration quiet_max) override {
    if (on_read) on_read(quiet_max);
    if (pieces.empty() && breaks_off)
      return fail(ErrorCode::kUnavailable, "the client closed the connection");
    piece_ = pieces.empty() ? std::string() : pieces.front();
    if (!pieces.empty()) pieces.pop_front();
    return std::string_view(piece_);
  }
  Result<std::string> read_body(std::size_t bytes_max) override {
    if (body_.size() > bytes_max) return fail(ErrorCode::kExhausted, "larger");
    return body_;
  }
  Result<ReceivedFile> read_body_to_file(const std::filesystem::path&, std::uint64_t) override {
    if (!received) return fail(ErrorCode::kUnavailable, "the client closed the connection");
    return *received;
  }
  Result<void> respond(HttpResponse given) override {
    HEARTH_CHECK(!std::exchange(answered, true));
    response = std::move(given);
    return {};
  }
  Result<void> respond_file(const std::filesystem::path& file, std::string_view type) override {
    file_sent = file;
    return respond({.content_type = std::string(type)});
  }
  Result<void> begin_stream(std::string_view type) override {
    return respond({.content_type = std::string(type)});
  }
  Result<void> write(std::string_view chunk) override {
    HEARTH_CHECK(answered);
    streamed += chunk;
    return {};
  }
  Result<WaitEnd> wait(Notifier&, Duration) override {
    if (on_wait.empty()) return fail(ErrorCode::kUnavailable, "the client is gone");
    const auto next = std::move(on_wait.front());
    on_wait.pop_front();
    return next();
  }
  Result<void> relay(const Endpoint& server, const std::string& target) override {
    relayed.emplace(server, target);
    return respond({});
  }
  void run_blocking(const std::function<void()>& work) override { work(); }

 private:
  HttpRequest request_;
  std::string body_;
  std::string piece_;
};

}  // namespace hearth
