#pragma once

#include <filesystem>
#include <memory>

#include "ports/http_client.h"

namespace hearth {

/// Calls nobody and answers nothing. A test's own client overrides what the test needs.
class IdleHttpClient : public HttpClient {
 public:
  void send(HttpCall, Completion<HttpReply>) override {}
  void download(HttpCall, std::filesystem::path, std::uint64_t, Completion<ReceivedFile>) override {
  }
  void upload(HttpCall, std::filesystem::path, Completion<HttpReply>) override {}
  void stream(HttpCall, ChunkSink, Completion<void>) override {}
  std::unique_ptr<HttpUpload> open_upload(HttpCall, Completion<HttpReply>) override { return {}; }
};

}  // namespace hearth
