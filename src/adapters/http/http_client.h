#pragma once

#include <memory>
#include <string>

#include "ports/http_client.h"

namespace boost::asio {
class io_context;
}

namespace hearth {

/// HttpClient over TCP. At most 64 calls at once; more fail with kExhausted.
class TcpHttpClient final : public HttpClient {
 public:
  /// `token` is sent with every call; empty: none.
  TcpHttpClient(boost::asio::io_context& loop, std::string token);
  /// Breaks off calls in progress and drops their completions.
  ~TcpHttpClient() override;

  void send(HttpCall call, Completion<HttpReply> done) override;
  void download(HttpCall call, std::filesystem::path file, std::uint64_t bytes_max,
                Completion<ReceivedFile> done) override;
  void upload(HttpCall call, std::filesystem::path file, Completion<HttpReply> done) override;
  void stream(HttpCall call, ChunkSink sink, Completion<void> done) override;
  std::unique_ptr<HttpUpload> open_upload(HttpCall call, Completion<HttpReply> done) override;

 private:
  class Core;
  std::shared_ptr<Core> core_;  // Shared with the coroutines of its calls.
};

}  // namespace hearth
