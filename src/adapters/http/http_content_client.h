#pragma once

#include "ports/content_client.h"
#include "ports/http_client.h"

namespace hearth {

/// ContentClient over the manager's /v1/content.
class HttpContentClient final : public ContentClient {
 public:
  /// `client` must outlive this.
  HttpContentClient(HttpClient& client, Endpoint manager)
      : client_(client), manager_(std::move(manager)) {}

  void download(const Digest& digest, std::filesystem::path file, Completion<void> done) override;
  void upload(std::filesystem::path file, const Digest& digest, Completion<void> done) override;

 private:
  HttpCall call(HttpMethod method, const Digest& digest) const;

  HttpClient& client_;
  const Endpoint manager_;
};

}  // namespace hearth
