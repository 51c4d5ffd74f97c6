#include "adapters/http/http_content_client.h"

#include <limits>
#include <utility>

namespace hearth {

HttpCall HttpContentClient::call(HttpMethod method, const Digest& digest) const {
  return {.server = manager_,
          .method = method,
          .target = "/v1/content/" + digest.str(),
          .content_type = "application/octet-stream",
          .timeout = std::chrono::seconds(30)};
}

void HttpContentClient::download(const Digest& digest, std::filesystem::path file,
                                 Completion<void> done) {
  // No bound of our own: the manager asked for this digest, and we trust it with the size.
  constexpr std::uint64_t kNoBound = std::numeric_limits<std::uint64_t>::max();
  client_.download(call(HttpMethod::kGet, digest), file, kNoBound,
                   [digest, done = std::move(done)](const Result<ReceivedFile>& received) {
                     if (!received) return done(tl::unexpected(received.error()));
                     if (received->digest == digest) return done({});
                     done(fail(ErrorCode::kCorrupt, "expected content '" + digest.str() +
                                                        "' from the manager, got '" +
                                                        received->digest.str() + "'"));
                   });
}

void HttpContentClient::upload(std::filesystem::path file, const Digest& digest,
                               Completion<void> done) {
  client_.send(call(HttpMethod::kHead, digest),
               [this, file = std::move(file), put = call(HttpMethod::kPut, digest),
                done = std::move(done)](const Result<HttpReply>& there) {
                 if (there) return done({});
                 if (there.error().code != ErrorCode::kNotFound) {
                   return done(tl::unexpected(there.error()));
                 }
                 client_.upload(put, file, [done](const Result<HttpReply>& taken) {
                   if (!taken) return done(tl::unexpected(taken.error()));
                   done({});
                 });
               });
}

}  // namespace hearth
