#include "adapters/http/blocking_http_client.h"

#include <utility>

#include <boost/asio/io_context.hpp>

#include "adapters/http/http_client.h"
#include "base/check.h"

namespace hearth {

struct BlockingHttpClient::Loop {
  explicit Loop(std::string token) : client(context, std::move(token)) {}

  template <class T>
  Result<T> run(const std::function<void(Completion<T>)>& start) {
    std::optional<Result<T>> result;
    start([&](Result<T> ended) { result = std::move(ended); });
    context.restart();
    context.run();
    HEARTH_CHECK(result.has_value());
    return *std::move(result);
  }

  boost::asio::io_context context{1};
  TcpHttpClient client;
};

BlockingHttpClient::BlockingHttpClient(std::string token)
    : loop_(std::make_unique<Loop>(std::move(token))) {}
BlockingHttpClient::~BlockingHttpClient() = default;

Result<HttpReply> BlockingHttpClient::send(HttpCall call) {
  return loop_->run<HttpReply>(
      [&](Completion<HttpReply> done) { loop_->client.send(std::move(call), std::move(done)); });
}

Result<ReceivedFile> BlockingHttpClient::download(HttpCall call, std::filesystem::path file,
                                                  std::uint64_t bytes_max) {
  return loop_->run<ReceivedFile>([&](Completion<ReceivedFile> done) {
    loop_->client.download(std::move(call), std::move(file), bytes_max, std::move(done));
  });
}

Result<HttpReply> BlockingHttpClient::upload(HttpCall call, std::filesystem::path file) {
  return loop_->run<HttpReply>([&](Completion<HttpReply> done) {
    loop_->client.upload(std::move(call), std::move(file), std::move(done));
  });
}

Result<void> BlockingHttpClient::stream(HttpCall call, ChunkSink sink) {
  return loop_->run<void>([&](Completion<void> done) {
    loop_->client.stream(std::move(call), std::move(sink), std::move(done));
  });
}

}  // namespace hearth
