#include "cli/client/api_client.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include <fmt/format.h>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "adapters/http/blocking_http_client.h"
#include "adapters/http/http_client.h"
#include "cli/client/api_views.h"
#include "wire/endpoint_text.h"
#include "wire/percent_coding.h"

namespace hearth::cli {
namespace {

constexpr std::size_t kPagesMax = 10'000;
constexpr Duration kUploadSilenceMax = std::chrono::minutes(1);

}  // namespace

ApiClient::ApiClient(Endpoint manager, std::string token, std::string user)
    : manager_(std::move(manager)), token_(std::move(token)), user_(std::move(user)) {}

std::string ApiClient::url() const {
  return "http://" + show_endpoint(manager_);
}

HttpCall ApiClient::call(HttpMethod method, std::string target) const {
  HttpCall call;
  call.server = manager_;
  call.method = method;
  call.target = std::move(target);
  return call;
}

Error ApiClient::explained(Error error) const {
  if (error.code == ErrorCode::kUnauthorized) {
    error.message = fmt::format(
        "the manager at {} refuses: {} (hearthd keeps the token in the file 'token' of its state "
        "folder; pass it by --token-file FILE or HEARTH_TOKEN)",
        url(), error.message);
    return error;
  }
  if (error.code != ErrorCode::kUnavailable && error.code != ErrorCode::kTimeout) return error;
  // Something behind the manager may be unavailable: then the manager's own message says more.
  BlockingHttpClient client(token_);
  HttpCall ping = call(HttpMethod::kGet, "/healthz");
  ping.timeout = std::chrono::seconds(2);
  if (client.send(std::move(ping))) {
    error.code = ErrorCode::kFailed;
    return error;
  }
  error.code = ErrorCode::kUnavailable;
  error.message = fmt::format(
      "no manager answers at {} ({}): is hearthd running? 'hearth dev' starts one on this machine; "
      "--manager URL or HEARTH_MANAGER names another",
      url(), error.message);
  return error;
}

Result<std::string> ApiClient::get(std::string target) const {
  return send(HttpMethod::kGet, std::move(target));
}

Result<std::vector<std::string>> ApiClient::get_pages(const std::string& target) const {
  std::vector<std::string> pages;
  std::string cursor;
  do {
    if (pages.size() == kPagesMax) {
      return fail(ErrorCode::kExhausted,
                  fmt::format("the list '{}' has more than {} pages", target, kPagesMax));
    }
    const char mark = target.find('?') == std::string::npos ? '?' : '&';
    Result<std::string> page =
        get(cursor.empty() ? target
                           : fmt::format("{}{}after={}", target, mark, percent_encode(cursor)));
    if (!page) return tl::unexpected(page.error());
    Result<std::string> next = decode_next_cursor(*page);
    if (!next) return tl::unexpected(next.error());
    pages.push_back(*std::move(page));
    cursor = *std::move(next);
  } while (!cursor.empty());
  return pages;
}

Result<std::string> ApiClient::send(HttpMethod method, std::string target, std::string body) const {
  BlockingHttpClient client(token_);
  HttpCall call = this->call(method, std::move(target));
  call.body = std::move(body);
  const bool changes = method != HttpMethod::kGet && method != HttpMethod::kHead;
  if (changes && !user_.empty()) call.headers.push_back({"Hearth-User", user_});
  Result<HttpReply> reply = client.send(std::move(call));
  if (!reply) return tl::unexpected(explained(std::move(reply.error())));
  return std::move(reply->body);
}

Result<bool> ApiClient::has_content(const Digest& digest) const {
  const Result<std::string> answer = send(HttpMethod::kHead, "/v1/content/" + digest.str());
  if (answer) return true;
  if (answer.error().code == ErrorCode::kNotFound) return false;
  return tl::unexpected(answer.error());
}

Result<void> ApiClient::put_content(const Digest& digest, const std::filesystem::path& file) const {
  BlockingHttpClient client(token_);
  HttpCall call = this->call(HttpMethod::kPut, "/v1/content/" + digest.str());
  call.content_type = "application/x-tar";
  call.timeout = kUploadSilenceMax;
  Result<HttpReply> reply = client.upload(std::move(call), file);
  if (!reply) return tl::unexpected(explained(std::move(reply.error())));
  return {};
}

Result<void> ApiClient::stream(std::string target, std::vector<HttpHeader> headers, ChunkSink sink,
                               const Watch& watch) const {
  HttpCall call = this->call(HttpMethod::kGet, std::move(target));
  call.headers = std::move(headers);
  boost::asio::io_context loop;
  auto client = std::make_unique<TcpHttpClient>(loop, token_);
  std::optional<Result<void>> ended;
  client->stream(std::move(call), std::move(sink),
                 [&](Result<void> result) { ended = std::move(result); });
  auto next_look = std::chrono::steady_clock::now() + watch.interval;
  while (!ended) {
    loop.run_one_until(next_look);
    if (ended || std::chrono::steady_clock::now() < next_look) continue;
    if (!watch.go_on()) break;
    next_look = std::chrono::steady_clock::now() + watch.interval;
  }
  // The cancelled call completes on the loop.
  client.reset();
  loop.run();
  if (!ended || *ended) return {};
  return tl::unexpected(explained(std::move(ended->error())));
}

Error of_this_machine(Error error) {
  if (error.code == ErrorCode::kUnavailable) error.code = ErrorCode::kFailed;
  return error;
}

Result<std::vector<std::string>> split_items(const std::vector<std::string>& pages) {
  std::vector<std::string> items;
  for (const std::string& page : pages) {
    boost::json::error_code ec;
    const boost::json::value document = boost::json::parse(page, ec);
    const boost::json::object* const object = document.if_object();
    const boost::json::value* const list = object ? object->if_contains("items") : nullptr;
    if (ec || !list || !list->is_array()) {
      return fail(ErrorCode::kCorrupt, "the manager's answer is not a list");
    }
    for (const boost::json::value& item : list->get_array()) {
      items.push_back(boost::json::serialize(item));
    }
  }
  return items;
}

Result<std::string> join_pages(const std::vector<std::string>& pages) {
  const Result<std::vector<std::string>> items = split_items(pages);
  if (!items) return tl::unexpected(items.error());
  return fmt::format(R"({{"items":[{}]}})", fmt::join(*items, ","));
}

}  // namespace hearth::cli
