#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "adapters/http/http_server.h"
#include "testing/loop/loop_thread.h"

namespace hearth::cli {

/// A manager's API made of prepared answers, on a thread of its own. It records the requests.
class FakeManager {
 public:
  struct Request {
    std::string method;
    std::string path;
    std::map<std::string, std::string> query;
    std::string body;
    std::string authorization;
    std::string user;
  };

  FakeManager() {
    for (const HttpMethod method : {HttpMethod::kGet, HttpMethod::kHead, HttpMethod::kPut,
                                    HttpMethod::kPost, HttpMethod::kDelete}) {
      for (const char* pattern : {"/{a}", "/{a}/{b}", "/{a}/{b}/{c}", "/{a}/{b}/{c}/{d}"}) {
        router_.add(method, pattern, [this](HttpExchange& exchange) { return answer(exchange); });
      }
    }
    loop_.run([this] {
      auto server = HttpServer::listen(loop_.loop(), router_, {.listen = {"127.0.0.1", 0}});
      EXPECT_TRUE(server) << server.error().message;
      server_ = *std::move(server);
    });
  }
  ~FakeManager() {
    loop_.run([this] { server_.reset(); });
  }

  std::string url() const { return "http://127.0.0.1:" + std::to_string(server_->endpoint().port); }

  /// Sets the answers to a request such as "GET /v1/nodes": they are given in order, and the last
  /// one repeats. A request without a prepared answer gets a 404.
  void answers(const std::string& request, std::vector<HttpResponse> responses) {
    loop_.run([&] { prepared_[request] = std::move(responses); });
  }
  void answers(const std::string& request, const std::string& body, unsigned status = 200) {
    answers(request, {HttpResponse{.status = status, .body = body}});
  }

  std::vector<Request> requests() {
    std::vector<Request> seen;
    loop_.run([&] { seen = seen_; });
    return seen;
  }

 private:
  static constexpr std::size_t kBodyBytesMax = 16 * 1024 * 1024;

  Result<void> answer(HttpExchange& exchange) {
    const HttpRequest& request = exchange.request();
    Result<std::string> body = exchange.read_body(kBodyBytesMax);
    if (!body) return tl::unexpected(body.error());
    seen_.push_back({std::string(name_of(request.method)), request.path, request.query,
                     *std::move(body), std::string(request.header("authorization")),
                     std::string(request.header("hearth-user"))});
    const auto found = prepared_.find(seen_.back().method + " " + request.path);
    if (found == prepared_.end()) return fail(ErrorCode::kNotFound, "no answer is prepared");
    const HttpResponse response = found->second.front();
    if (found->second.size() > 1) found->second.erase(found->second.begin());
    return exchange.respond(response);
  }

  HttpRouter router_;
  std::unique_ptr<HttpServer> server_;
  std::map<std::string, std::vector<HttpResponse>> prepared_;
  std::vector<Request> seen_;
  LoopThread loop_;  // Ends first: no handler runs while the other members are destroyed.
};

}  // namespace hearth::cli
