#include "adapters/http/http_client.h"

#include <fstream>

#include <gmock/gmock.h>

#include "adapters/file/sha256.h"
#include "adapters/http/blocking_http_client.h"
#include "adapters/http/http_content_client.h"
#include "testing/disk/temporary_directory.h"
#include "testing/http/test_server.h"
#include "wire/endpoint_text.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

/// A client on the loop of its server.
class HttpClientTest : public testing::Test {
 protected:
  ~HttpClientTest() override {
    test.loop.run([this] {
      client.reset();
      return 0;
    });
  }
  void start() {
    test.start();
    client = std::make_unique<TcpHttpClient>(test.loop.loop(), "token");
  }
  HttpCall call(HttpMethod method, std::string target, std::string body = {}) const {
    return {.server = test.endpoint(),
            .method = method,
            .target = std::move(target),
            .body = std::move(body)};
  }
  Result<HttpReply> send(const HttpCall& call) {
    return test.loop.complete<HttpReply>(
        [this, call](Completion<HttpReply> done) { client->send(call, std::move(done)); });
  }

  const TemporaryDirectory directory;
  Notifier never;  // Declared before the server, whose handlers wait for it.
  std::string got;
  TestServer test;
  std::unique_ptr<TcpHttpClient> client;
};

TEST_F(HttpClientTest, SendsAndReceivesASmallBody) {
  test.router.add(HttpMethod::kPut, "/", [](HttpExchange& exchange) -> Result<void> {
    const HttpRequest& request = exchange.request();
    const auto body = exchange.read_body(100);
    return exchange.respond({.status = 202,
                             .body = *body + "|" + std::string(request.header("authorization")) +
                                     "|" + std::string(request.header("content-type")) + "|" +
                                     std::string(request.header("x-more"))});
  });
  start();
  HttpCall put = call(HttpMethod::kPut, "/", "{}");
  put.headers = {{"X-More", "1"}};
  const auto reply = send(put);
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 202U);
  EXPECT_EQ(reply->body, "{}|Bearer token|application/json|1");
}

TEST_F(HttpClientTest, ReturnsTheServersProblemAsAnError) {
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange&) -> Result<void> {
    return fail(ErrorCode::kConflict, "'a' is there already");
  });
  start();
  EXPECT_EQ(send(call(HttpMethod::kGet, "/")).error(),
            (Error{ErrorCode::kConflict, "'a' is there already"}));
}

TEST_F(HttpClientTest, NamesAServerThatCannotBeReached) {
  start();
  test.stop();
  const Error error = send(call(HttpMethod::kGet, "/")).error();
  EXPECT_EQ(error.code, ErrorCode::kUnavailable);
  EXPECT_EQ(error.message,
            "cannot reach " + show_endpoint(test.endpoint()) + ": Connection refused");
}

TEST_F(HttpClientTest, GivesUpOnAServerThatIsTooSlow) {
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    return tl::unexpected(exchange.wait(never, std::chrono::hours(1)).error());
  });
  start();
  HttpCall slow = call(HttpMethod::kGet, "/");
  slow.timeout = milliseconds(50);
  EXPECT_EQ(send(slow).error().code, ErrorCode::kTimeout);
}

// Goal: no server keeps a call forever by a byte now and then, whatever the call waits for.
TEST_F(HttpClientTest, GivesUpOnAnAnswerThatTricklesIn) {
  test.router.add(HttpMethod::kGet, "/", [this](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    for (;;) {
      if (auto sent = exchange.write("x"); !sent) return sent;
      if (auto woken = exchange.wait(never, milliseconds(50)); !woken) {
        return tl::unexpected(woken.error());
      }
    }
  });
  start();
  HttpCall slow = call(HttpMethod::kGet, "/");
  slow.timeout = milliseconds(300);
  const auto begun_at = std::chrono::steady_clock::now();
  EXPECT_EQ(send(slow).error().code, ErrorCode::kTimeout);
  const auto file = test.loop.complete<ReceivedFile>([&](Completion<ReceivedFile> done) {
    client->download(slow, directory / "file", 1 << 20, std::move(done));
  });
  EXPECT_EQ(file.error().code, ErrorCode::kTimeout);
  EXPECT_FALSE(std::filesystem::exists(directory / "file"));
  EXPECT_LT(std::chrono::steady_clock::now() - begun_at, seconds(3));
}

TEST_F(HttpClientTest, ReportsATruncatedAnswer) {
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    if (auto sent = exchange.write("half"); !sent) return sent;
    return fail(ErrorCode::kFailed, "");
  });
  start();
  EXPECT_EQ(send(call(HttpMethod::kGet, "/")).error().code, ErrorCode::kUnavailable);
}

TEST_F(HttpClientTest, RefusesAnAnswerOverItsBound) {
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) {
    return exchange.respond({.body = std::string(16 * 1024 * 1024 + 1, 'x')});
  });
  start();
  EXPECT_EQ(send(call(HttpMethod::kGet, "/")).error().code, ErrorCode::kExhausted);
}

TEST_F(HttpClientTest, BoundsTheCallsInProgress) {
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    return tl::unexpected(exchange.wait(never, std::chrono::hours(1)).error());
  });
  start();
  test.loop.run([&] {
    for (int i = 0; i < 64; ++i) client->send(call(HttpMethod::kGet, "/"), [](const auto&) {});
    return 0;
  });
  EXPECT_EQ(send(call(HttpMethod::kGet, "/")).error().code, ErrorCode::kExhausted);
}

TEST_F(HttpClientTest, MovesFilesBothWays) {
  const std::string content(300'000, 'y');
  std::ofstream(directory / "up") << content;
  test.router.add(HttpMethod::kPut, "/", [&](HttpExchange& exchange) -> Result<void> {
    const auto received = exchange.read_body_to_file(directory / "there", 1'000'000);
    if (!received) return tl::unexpected(received.error());
    return exchange.respond({.status = 201});
  });
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) {
    return exchange.respond_file(directory / "there", "application/octet-stream");
  });
  start();
  const auto sent = test.loop.complete<HttpReply>([&](Completion<HttpReply> done) {
    client->upload(call(HttpMethod::kPut, "/"), directory / "up", std::move(done));
  });
  ASSERT_TRUE(sent) << sent.error().message;
  const auto received = test.loop.complete<ReceivedFile>([&](Completion<ReceivedFile> done) {
    client->download(call(HttpMethod::kGet, "/"), directory / "down", 1'000'000, std::move(done));
  });
  ASSERT_TRUE(received) << received.error().message;
  EXPECT_EQ(received->digest, sha256_of(content));
  EXPECT_EQ(received->size, content.size());
}

TEST_F(HttpClientTest, LeavesNoFileOfADownloadThatFailed) {
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    if (auto sent = exchange.write("half"); !sent) return sent;
    return fail(ErrorCode::kFailed, "");
  });
  start();
  const auto received = test.loop.complete<ReceivedFile>([&](Completion<ReceivedFile> done) {
    client->download(call(HttpMethod::kGet, "/"), directory / "down", 100, std::move(done));
  });
  EXPECT_EQ(received.error().code, ErrorCode::kUnavailable);
  const auto bounded = test.loop.complete<ReceivedFile>([&](Completion<ReceivedFile> done) {
    client->download(call(HttpMethod::kGet, "/"), directory / "down", 3, std::move(done));
  });
  EXPECT_EQ(bounded.error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(std::filesystem::exists(directory / "down"));
}

TEST_F(HttpClientTest, ReportsWhyAnUploadWasRefusedMidway) {
  std::ofstream(directory / "up") << std::string(4'000'000, 'y');
  test.router.add(HttpMethod::kPut, "/", [&](HttpExchange& exchange) -> Result<void> {
    return tl::unexpected(exchange.read_body_to_file(directory / "there", 1000).error());
  });
  start();
  const auto sent = test.loop.complete<HttpReply>([&](Completion<HttpReply> done) {
    client->upload(call(HttpMethod::kPut, "/"), directory / "up", std::move(done));
  });
  EXPECT_THAT(sent.error().code, testing::AnyOf(ErrorCode::kExhausted, ErrorCode::kUnavailable));
}

TEST_F(HttpClientTest, StreamsUntilTheSinkStops) {
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    if (auto sent = exchange.write("one"); !sent) return sent;
    return tl::unexpected(exchange.wait(never, std::chrono::hours(1)).error());
  });
  start();
  const auto ended = test.loop.complete<void>([&](Completion<void> done) {
    client->stream(
        call(HttpMethod::kGet, "/"),
        [&](std::string_view chunk) {
          got += chunk;
          return false;
        },
        std::move(done));
  });
  EXPECT_TRUE(ended);
  EXPECT_EQ(got, "one");
}

TEST_F(HttpClientTest, UploadsABodyAsItIsProduced) {
  test.router.add(HttpMethod::kPost, "/", [&](HttpExchange& exchange) -> Result<void> {
    for (;;) {
      const auto piece = exchange.read_some(seconds(10));
      if (!piece) return tl::unexpected(piece.error());
      if (piece->empty()) return exchange.respond({.status = 204});
      got += *piece;
    }
  });
  start();
  std::promise<Result<HttpReply>> replied;
  std::unique_ptr<HttpUpload> upload;
  test.loop.run([&] {
    upload = client->open_upload(call(HttpMethod::kPost, "/"), [&](Result<HttpReply> reply) {
      replied.set_value(std::move(reply));
    });
    EXPECT_TRUE(upload->write("line 1\n"));
    return 0;
  });
  while (test.loop.run([&] { return got; }) != "line 1\n") std::this_thread::yield();
  test.loop.run([&] {
    EXPECT_TRUE(upload->write("line 2\n"));
    upload->finish();
    return 0;
  });
  const auto reply = replied.get_future().get();
  ASSERT_TRUE(reply) << reply.error().message;
  EXPECT_EQ(reply->status, 204U);
  EXPECT_EQ(got, "line 1\nline 2\n");
}

TEST_F(HttpClientTest, BoundsTheBufferOfAnUpload) {
  start();
  test.loop.run([&] {
    auto upload = client->open_upload(call(HttpMethod::kPost, "/"), [](const auto&) {});
    const std::string chunk(100 * 1024, 'x');
    EXPECT_TRUE(upload->write(chunk));
    EXPECT_TRUE(upload->write(chunk));
    EXPECT_FALSE(upload->write(chunk));
    EXPECT_TRUE(upload->write("small"));
    return 0;
  });
}

TEST_F(HttpClientTest, DropsItsCompletionsWhenDestroyed) {
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    return tl::unexpected(exchange.wait(never, std::chrono::hours(1)).error());
  });
  start();
  bool called = false;
  test.loop.run([&] {
    client->send(call(HttpMethod::kGet, "/"), [&](const auto&) { called = true; });
    return 0;
  });
  ASSERT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 1; }));
  test.loop.run([&] {
    client.reset();
    return 0;
  });
  EXPECT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 0; }));
  EXPECT_FALSE(called);
}

TEST_F(HttpClientTest, ServesAProgramWithoutALoop) {
  test.router.add(HttpMethod::kGet, "/{text}", [](HttpExchange& exchange) {
    return exchange.respond({.body = exchange.request().parameter("text")});
  });
  start();
  BlockingHttpClient blocking("");
  EXPECT_EQ(blocking.send(call(HttpMethod::kGet, "/a"))->body, "a");
  EXPECT_EQ(blocking.send(call(HttpMethod::kGet, "/b"))->body, "b");
  EXPECT_EQ(blocking.send(call(HttpMethod::kGet, "/")).error().code, ErrorCode::kNotFound);
  EXPECT_EQ(blocking.download(call(HttpMethod::kGet, "/c"), directory / "c", 10)->digest,
            sha256_of("c"));
}

// --- The content store over HTTP.

class HttpContentClientTest : public HttpClientTest {
 protected:
  void start_with(std::string content) {
    test.router.add(HttpMethod::kGet, "/v1/content/{digest}",
                    [this, content](HttpExchange& exchange) -> Result<void> {
                      ++asked;
                      if (exchange.request().parameter("digest") == sha256_of("missing").str()) {
                        return fail(ErrorCode::kNotFound, "no such content");
                      }
                      return exchange.respond({.body = content});
                    });
    test.router.add(HttpMethod::kPut, "/v1/content/{digest}",
                    [this](HttpExchange& exchange) -> Result<void> {
                      ++put;
                      const auto received = exchange.read_body_to_file(directory / "put", 1000);
                      if (received->digest.str() != exchange.request().parameter("digest")) {
                        return fail(ErrorCode::kCorrupt, "something else came");
                      }
                      return exchange.respond({.status = 201});
                    });
    start();
    contents = std::make_unique<HttpContentClient>(*client, test.endpoint());
  }
  Result<void> download(const Digest& digest) {
    return test.loop.complete<void>([&](Completion<void> done) {
      contents->download(digest, directory / "down", std::move(done));
    });
  }
  Result<void> upload(const std::string& content, const Digest& digest) {
    std::ofstream(directory / "up") << content;
    return test.loop.complete<void>([&](Completion<void> done) {
      contents->upload(directory / "up", digest, std::move(done));
    });
  }

  std::unique_ptr<HttpContentClient> contents;
  int asked = 0;
  int put = 0;
};

TEST_F(HttpContentClientTest, DownloadsContentByItsDigest) {
  start_with("right");
  EXPECT_TRUE(download(sha256_of("right")));
  EXPECT_TRUE(std::filesystem::exists(directory / "down"));
}

TEST_F(HttpContentClientTest, RefusesContentOfAnotherDigest) {
  start_with("wrong");
  EXPECT_EQ(download(sha256_of("right")).error().code, ErrorCode::kCorrupt);
  EXPECT_EQ(download(sha256_of("missing")).error().code, ErrorCode::kNotFound);
}

TEST_F(HttpContentClientTest, UploadsOnlyContentThatTheManagerLacks) {
  start_with("there");
  EXPECT_TRUE(upload("there", sha256_of("there")));
  EXPECT_EQ(put, 0);
  EXPECT_TRUE(upload("missing", sha256_of("missing")));
  EXPECT_EQ(put, 1);
}

TEST_F(HttpContentClientTest, ReportsThatTheManagerReceivedOtherContent) {
  start_with("there");
  EXPECT_EQ(upload("changed meanwhile", sha256_of("missing")).error(),
            (Error{ErrorCode::kCorrupt, "something else came"}));
}

}  // namespace
}  // namespace hearth
