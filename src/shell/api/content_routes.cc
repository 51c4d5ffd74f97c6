// The part of ManagerApi that transfers files: bundles and saved images.

#include <fmt/format.h>

#include "shell/api/manager_api.h"
#include "wire/json_writer.h"

namespace hearth {

void ManagerApi::add_content_routes(HttpRoutes& routes) {
  routes.add(HttpMethod::kGet, "/v1/content/{digest}",
             [this](HttpExchange& exchange) { return get_content(exchange); });
  routes.add(HttpMethod::kPut, "/v1/content/{digest}",
             [this](HttpExchange& exchange) { return put_content(exchange); });
}

/// Off the loop: the whole file might have to be read.
std::optional<std::filesystem::path> ManagerApi::find_content(HttpExchange& exchange,
                                                              const Digest& digest) {
  std::optional<std::filesystem::path> file;
  exchange.run_blocking([&] { file = content_.find(digest); });
  return file;
}

Result<void> ManagerApi::get_content(HttpExchange& exchange) {
  const Result<Digest> digest = Digest::parse(exchange.request().parameter("digest"));
  if (!digest) return tl::unexpected(digest.error());
  const auto file = find_content(exchange, *digest);
  if (!file) {
    return fail(ErrorCode::kNotFound, fmt::format("there is no content '{}'", digest->str()));
  }
  return exchange.respond_file(*file, "application/octet-stream");
}

Result<void> ManagerApi::put_content(HttpExchange& exchange) {
  const Result<Digest> expected = Digest::parse(exchange.request().parameter("digest"));
  if (!expected) return tl::unexpected(expected.error());
  std::optional<Result<std::filesystem::path>> made;
  exchange.run_blocking([&] { made = content_.make_temporary(); });
  const Result<std::filesystem::path>& file = *made;
  if (!file) return tl::unexpected(file.error());
  const auto received = exchange.read_body_to_file(*file, config_.content_bytes_max);
  if (!received) return tl::unexpected(received.error());
  // Blocks until everything is on the disk.
  Result<void> adopted;
  exchange.run_blocking([&] { adopted = content_.adopt(*file, received->digest, *expected); });
  if (!adopted) return adopted;
  JsonWriter out;
  out.begin_object()
      .field("digest", received->digest.str())
      .field("size", received->size)
      .end_object();
  return exchange.respond({.status = 201, .body = std::move(out).text()});
}

}  // namespace hearth
