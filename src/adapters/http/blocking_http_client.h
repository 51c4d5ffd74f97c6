#pragma once

#include <memory>
#include <string>

#include "ports/http_client.h"

namespace hearth {

/// HttpClient for a program without a loop: each call returns once it is complete. The same bounds
/// and errors. For one thread only.
class BlockingHttpClient {
 public:
  explicit BlockingHttpClient(std::string token);
  ~BlockingHttpClient();

  Result<HttpReply> send(HttpCall call);
  Result<ReceivedFile> download(HttpCall call, std::filesystem::path file, std::uint64_t bytes_max);
  Result<HttpReply> upload(HttpCall call, std::filesystem::path file);
  Result<void> stream(HttpCall call, ChunkSink sink);

 private:
  struct Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace hearth
