#pragma once

#include <functional>
#include <optional>
#include <utility>

#include "ports/http_client.h"
#include "sim/loop.h"

namespace hearth::sim {

/// The HttpClient of one process. The server of a call, and its answer, are decided when the call
/// arrives.
class SimHttp final : public HttpClient {
 public:
  /// nullopt: there is no answer, and the call ends at its timeout.
  using Server = std::function<std::optional<Result<HttpReply>>(const HttpCall& call)>;

  SimHttp(
      SimLoop& loop, Server server, Task effect = [] {})
      : loop_(loop), server_(std::move(server)), effect_(std::move(effect)) {}

  void send(HttpCall call, Completion<HttpReply> done) override {
    place(std::move(call), std::move(done));
  }
  /// The log of a build, which is discarded.
  std::unique_ptr<HttpUpload> open_upload(HttpCall call, Completion<HttpReply> done) override;
  // The shells do not use these.
  void download(HttpCall, std::filesystem::path, std::uint64_t, Completion<ReceivedFile>) override;
  void upload(HttpCall, std::filesystem::path, Completion<HttpReply>) override;
  void stream(HttpCall, ChunkSink, Completion<void>) override;

 private:
  void place(HttpCall call, Completion<HttpReply> done);

  SimLoop& loop_;
  Server server_;
  Task effect_;
};

}  // namespace hearth::sim
