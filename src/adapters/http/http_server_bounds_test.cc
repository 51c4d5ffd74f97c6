// What a client can do to a server and what it gets then: every bound of HttpServerConfig.

#include <gmock/gmock.h>

#include "base/prng.h"
#include "testing/http/test_server.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::StartsWith;

HttpServerConfig with(const std::function<void(HttpServerConfig&)>& change) {
  HttpServerConfig config = TestServer::on_loopback();
  change(config);
  return config;
}

void add_echo(TestServer& test) {
  test.router.add(HttpMethod::kPost, "/", [](HttpExchange& exchange) -> Result<void> {
    const Result<std::string> body = exchange.read_body(1000);
    if (!body) return tl::unexpected(body.error());
    return exchange.respond({.body = *body});
  });
}

/// What a client sends first, and then repeats.
struct Trickle {
  std::string begin;
  std::string piece;
};

/// Runs several such clients side by side, each until the server hangs up. Returns the longest time
/// that took; 8 s if it did not happen.
milliseconds trickle_until_closed(TestServer& test, const std::vector<Trickle>& trickles,
                                  milliseconds pause) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begun_at = Clock::now();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (const Trickle& trickle : trickles) {
    clients.push_back(std::make_unique<RawClient>(test.endpoint()));
    clients.back()->send(trickle.begin);
  }
  std::size_t closed = 0;
  while (closed < clients.size() && Clock::now() - begun_at < std::chrono::seconds(8)) {
    std::this_thread::sleep_for(pause);
    closed = 0;
    for (std::size_t i = 0; i < clients.size(); ++i) {
      closed += !clients[i]->send(trickles[i].piece) || clients[i]->closed_by_peer() ? 1 : 0;
    }
  }
  return std::chrono::duration_cast<milliseconds>(Clock::now() - begun_at);
}

/// A route whose answers never end while the notifier exists.
void add_stream(TestServer& test, Notifier& never) {
  test.router.add(HttpMethod::kGet, "/stream", [&never](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    const auto woken = exchange.wait(never, std::chrono::hours(1));
    return woken ? Result<void>() : tl::unexpected(woken.error());
  });
}

TEST(HttpServerBounds, RefusesHeadersOverTheirBound) {
  TestServer test;
  add_echo(test);
  test.start();
  const std::string fits(15 * 1024, 'a');
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/", "X: " + fits + "\r\n")),
              StartsWith("HTTP/1.1 200 "));
  const std::string too_large(17 * 1024, 'a');
  const std::string answer =
      exchange_with(test.endpoint(), plain_request("POST", "/", "X: " + too_large + "\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 431 "));
  EXPECT_THAT(answer, HasSubstr("\"code\":\"exhausted\""));
  EXPECT_THAT(exchange_with(test.endpoint(), "GET /" + too_large), StartsWith("HTTP/1.1 431 "));
  std::string many;
  for (int i = 0; i < 4000; ++i) many += "a:b\r\n";
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/", many)),
              StartsWith("HTTP/1.1 431 "));
  EXPECT_EQ(test.counters().requests_malformed, 3U);
}

TEST(HttpServerBounds, RefusesBodiesOverTheirBound) {
  TestServer test;
  add_echo(test);
  test.start();
  const std::string announced =
      exchange_with(test.endpoint(), plain_request("POST", "/", "Content-Length: 1001\r\n"));
  EXPECT_THAT(announced, StartsWith("HTTP/1.1 413 Content Too Large\r\n"));
  EXPECT_THAT(announced, HasSubstr("larger than 1000 bytes"));
  const std::string chunk = "200\r\n" + std::string(512, 'x') + "\r\n";
  EXPECT_THAT(
      exchange_with(test.endpoint(), plain_request("POST", "/", "Transfer-Encoding: chunked\r\n") +
                                         chunk + chunk + "0\r\n\r\n"),
      StartsWith("HTTP/1.1 413 "));
}

TEST(HttpServerBounds, RefusesBytesThatAreNotHttp) {
  TestServer test;
  add_echo(test);
  test.start();
  for (const std::string_view bytes :
       {"\x16\x03\x01\x02\x01\x01\xfc\x03\x03", "hello\r\n\r\n", "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n", "POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"}) {
    EXPECT_THAT(exchange_with(test.endpoint(), bytes), StartsWith("HTTP/1.1 400 ")) << bytes;
  }
  EXPECT_THAT(
      exchange_with(test.endpoint(),
                    plain_request("POST", "/", "Transfer-Encoding: chunked\r\n") + "zz\r\n"),
      StartsWith("HTTP/1.1 400 "));
}

// Goal: no input from a peer crashes the server or keeps its connection.
// Method: pieces of requests, cut and mixed at random by a seed, then a regular request.
TEST(HttpServerBounds, SurvivesRandomBytes) {
  TestServer test;
  add_echo(test);
  test.start();
  const std::string good =
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: "
      "chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n";
  Prng prng(20260301);
  for (int round = 0; round < 200; ++round) {
    std::string bytes = good;
    const std::uint64_t changes = 1 + prng.below(4);
    for (std::uint64_t change = 0; change < changes; ++change) {
      bytes[prng.below(bytes.size())] = static_cast<char>(prng.below(256));
    }
    bytes.resize(1 + prng.below(bytes.size()));
    RawClient client(test.endpoint());
    client.send(bytes);
  }
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 0; }));
}

TEST(HttpServerBounds, DropsAClientWhoseHeadersTrickleIn) {
  TestServer test(with([](auto& config) { config.head_timeout = milliseconds(50); }));
  add_echo(test);
  test.start();
  RawClient client(test.endpoint());
  client.send("POST / HTT");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
  EXPECT_EQ(test.counters().requests_timed_out, 1U);
}

TEST(HttpServerBounds, DropsAClientWhoseBodyTricklesIn) {
  TestServer test(with([](auto& config) { config.body_timeout = milliseconds(50); }));
  add_echo(test);
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("POST", "/", "Content-Length: 100\r\n") + "slow");
  EXPECT_THAT(client.read_to_end(), StartsWith("HTTP/1.1 408 "));
}

// Goal: a client without a token cannot hold a connection, even if it announces a body and sends a
// byte of it just before each timeout.
TEST(HttpServerBounds, HangsUpOnADeniedClientWhoseBodyTricklesIn) {
  TestServer test({.listen = {"0.0.0.0", 0}, .token = "0123456789"});
  add_echo(test);
  test.start();
  std::vector<std::unique_ptr<RawClient>> clients;
  for (int i = 0; i < 40; ++i) {
    clients.push_back(std::make_unique<RawClient>(test.endpoint()));
    clients.back()->send("PUT / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 65536\r\n\r\n");
  }
  const auto begun_at = std::chrono::steady_clock::now();
  for (const auto& client : clients) {
    const std::string answer = client->read_until("\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 401 "));
    EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  }
  while (test.counters().connections_open > 0 &&
         std::chrono::steady_clock::now() - begun_at < std::chrono::seconds(8)) {
    for (const auto& client : clients) client->send("x");
    std::this_thread::sleep_for(milliseconds(90));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun_at, milliseconds(4000));
  EXPECT_EQ(test.counters().connections_open, 0U);
}

// Goal: the same for a body that no handler reads, sized or chunked: a client can trickle chunk
// headers, their extensions and trailers forever, too.
TEST(HttpServerBounds, DropsAClientWhoseUnwantedBodyTricklesIn) {
  TestServer test;
  add_echo(test);
  test.start();
  const std::string chunked =
      "PUT /no HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_LT(trickle_until_closed(
                test,
                {{"PUT /no HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 60000\r\n\r\n", "x"},
                 {chunked, "1\r\nx\r\n"},
                 {chunked + "1;extension=", "x"},
                 {chunked + "0\r\n", "a: b\r\n"}},
                milliseconds(300)),
            milliseconds(5000));
  EXPECT_EQ(test.counters().requests_answered, 4U);
}

// Goal: bytes after a refused body are not taken for a request.
TEST(HttpServerBounds, IgnoresBytesAfterARefusedBody) {
  TestServer test;
  add_echo(test);
  test.start();
  RawClient client(test.endpoint());
  client.send("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2000\r\n\r\n" +
              plain_request("POST", "/") + plain_request("POST", "/"));
  const std::string answer = client.read_to_end();
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 413 "));
  EXPECT_EQ(answer.find("HTTP/1.1", 1), std::string::npos) << answer;
  EXPECT_EQ(test.counters().requests_answered, 1U);
}

TEST(HttpServerBounds, DropsAClientWhoseWantedBodyTricklesInChunks) {
  TestServer test(with([](auto& config) { config.body_timeout = milliseconds(500); }));
  add_echo(test);
  test.start();
  const std::string begin =
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n";
  EXPECT_LT(trickle_until_closed(
                test, {{begin, "1\r\nx\r\n"}, {begin + "1;", "x"}, {begin + "0\r\n", "a: b\r\n"}},
                milliseconds(100)),
            milliseconds(5000));
}

TEST(HttpServerBounds, DropsAClientWhoseHeadTricklesInLineByLine) {
  TestServer test(with([](auto& config) { config.head_timeout = milliseconds(500); }));
  add_echo(test);
  test.start();
  EXPECT_LT(
      trickle_until_closed(test, {{"POST / HTTP/1.1\r\n", "a: b\r\n"}, {"", "\r\n"}, {"", "x"}},
                           milliseconds(100)),
      milliseconds(5000));
}

TEST(HttpServerBounds, DropsAClientThatReadsItsAnswerByteByByte) {
  std::promise<ErrorCode> ended;
  TestServer test(with([](auto& config) { config.write_timeout = milliseconds(300); }));
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    const Result<void> sent = exchange.respond({.body = std::string(32 << 20, 'x')});
    ended.set_value(sent ? ErrorCode::kFailed : sent.error().code);
    return sent;
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("GET", "/"));
  auto end = ended.get_future();
  const auto begun_at = std::chrono::steady_clock::now();
  while (end.wait_for(milliseconds(50)) == std::future_status::timeout &&
         std::chrono::steady_clock::now() - begun_at < std::chrono::seconds(8)) {
    client.read_some(16);
  }
  EXPECT_EQ(end.get(), ErrorCode::kTimeout);
  EXPECT_LT(std::chrono::steady_clock::now() - begun_at, std::chrono::seconds(4));
}

// Goal: a large answer gets the time that its size requires, not that of a small one.
TEST(HttpServerBounds, GivesASteadyReaderTheTimeThatItsAnswerRequires) {
  TestServer test(with([](auto& config) { config.write_timeout = milliseconds(1000); }));
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    return exchange.respond({.body = std::string(32 << 20, 'x')});
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("GET", "/"));
  std::size_t got = 0;
  for (int i = 0; i < 16; ++i) {  // 2.4 s, more than twice what a single step is allowed.
    got += client.read_some(1 << 20);
    std::this_thread::sleep_for(milliseconds(150));
  }
  got += client.read_to_end().size();
  EXPECT_GT(got, 32U << 20);
}

TEST(HttpServerBounds, ClosesAConnectionThatStaysIdle) {
  TestServer test(with([](auto& config) { config.idle_timeout = milliseconds(50); }));
  add_echo(test);
  test.start();
  RawClient never_used(test.endpoint());
  EXPECT_EQ(never_used.read_to_end(), "");
  RawClient used(test.endpoint());
  used.send("POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
  EXPECT_THAT(used.read_to_end(), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(test.counters().requests_timed_out, 0U);
}

TEST(HttpServerBounds, DropsAClientThatDoesNotReadItsAnswer) {
  std::promise<ErrorCode> ended;
  TestServer test(with([](auto& config) { config.write_timeout = milliseconds(50); }));
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    const std::string chunk(64 * 1024, 'x');
    for (;;) {
      if (auto sent = exchange.write(chunk); !sent) {
        ended.set_value(sent.error().code);
        return sent;
      }
    }
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("GET", "/"));
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kTimeout);
}

TEST(HttpServerBounds, ClosesTheLongestIdleConnectionForANewOne) {
  TestServer test(with([](auto& config) { config.connections_max = 2; }));
  add_echo(test);
  test.start();
  const std::string request = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n";
  RawClient first(test.endpoint());
  first.send(request);
  first.read_until("\r\n\r\n");
  RawClient second(test.endpoint());
  second.send(request);
  second.read_until("\r\n\r\n");
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(first.read_to_end(), "");
  second.send(request);
  EXPECT_THAT(second.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

// Goal: a client that opens connections and stays silent keeps no other client out, even if the
// process runs out of descriptors before its bound of connections is reached.
TEST(HttpServerBounds, ClosesTheLongestIdleConnectionWhenThereIsNoDescriptorLeft) {
  TestServer test(with([](auto& config) { config.connections_max = 1000; }));
  add_echo(test);
  test.start();
  std::vector<std::unique_ptr<RawClient>> idle;
  // Two descriptors for each of these, whose other end is the server's; one for the last client.
  const DescriptorsLeft few(9);
  for (std::uint64_t i = 1; i <= 4; ++i) {
    idle.push_back(std::make_unique<RawClient>(test.endpoint()));
    ASSERT_TRUE(test.reaches([i](const auto& counters) { return counters.connections_open == i; }));
  }
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/")),
              StartsWith("HTTP/1.1 200 "));
  EXPECT_GE(test.counters().connections_starved, 1U);
  EXPECT_EQ(idle.front()->read_to_end(), "") << "idle longest";
}

// Goal: a client that follows a quiet stream and leaves frees its place, even if it sent more than
// its request before: those unread bytes hide its end.
TEST(HttpServerBounds, FreesThePlaceOfAFollowerThatSentMoreAndLeft) {
  Notifier never;
  TestServer test;
  add_stream(test, never);
  test.start();
  for (const std::string_view more : {"", "x", "GET /stream HTTP/1.1\r\n\r\n"}) {
    {
      RawClient client(test.endpoint());
      client.send("GET /stream HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      client.read_until("\r\n\r\n");
      client.send(more);
      std::this_thread::sleep_for(milliseconds(20));  // The server sees it on its own.
    }
    EXPECT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 0; }))
        << more;
  }
}

TEST(HttpServerBounds, RefusesANewConnectionWhenAllAreBusy) {
  Notifier never;
  TestServer test(with([](auto& config) { config.connections_max = 2; }));
  add_stream(test, never);
  test.start();
  RawClient first(test.endpoint());
  RawClient second(test.endpoint());
  for (RawClient* client : {&first, &second}) {
    client->send(plain_request("GET", "/stream"));
    client->read_until("\r\n\r\n");
  }
  RawClient third(test.endpoint());
  EXPECT_THAT(third.read_to_end(), StartsWith("HTTP/1.1 503 "));
  EXPECT_EQ(test.counters().connections_refused, 1U);
}

TEST(HttpServerBounds, KeepsRoomForShortRequestsBesideStreams) {
  Notifier never;
  TestServer test(with([](auto& config) { config.streams_max = 1; }));
  add_stream(test, never);
  add_echo(test);
  test.start();
  {
    RawClient first(test.endpoint());
    first.send(plain_request("GET", "/stream"));
    first.read_until("\r\n\r\n");
    EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/stream")),
                StartsWith("HTTP/1.1 429 "));
    EXPECT_THAT(exchange_with(test.endpoint(), plain_request("POST", "/")),
                StartsWith("HTTP/1.1 200 "));
  }
  ASSERT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 0; }));
  RawClient again(test.endpoint());
  again.send(plain_request("GET", "/stream"));
  EXPECT_THAT(again.read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
}

}  // namespace
}  // namespace hearth
