// Coroutines that are suspended when their loop is destroyed, as when a signal stops a process in
// the middle of its work.

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>

#include "adapters/http/http_client.h"
#include "adapters/http/http_dialer.h"
#include "testing/http/test_server.h"

namespace hearth {
namespace {

struct CountsItsEnd {
  explicit CountsItsEnd(int& the_ended) : ended(the_ended) {}
  ~CountsItsEnd() { ++ended; }
  int& ended;
};

// Goal: a process can stop its loop at any moment and destroy everything in the usual order.
// Method: a server with a waiting stream and a half-sent request, a client that waits for an answer
// and a dialer without one; then the loop stops between two turns.
TEST(LoopEnd, UnwindsEveryWaitingCoroutine) {
  int unwound = 0;
  int called = 0;
  {
    boost::asio::io_context loop{1};
    Notifier never;
    HttpRouter router;
    router.add(HttpMethod::kGet, "/{any}", [&](HttpExchange& exchange) -> Result<void> {
      const CountsItsEnd counts(unwound);
      if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
      return tl::unexpected(exchange.wait(never, std::chrono::hours(1)).error());
    });
    auto server = HttpServer::listen(loop, router, TestServer::on_loopback());
    ASSERT_TRUE(server);
    const Endpoint endpoint = (*server)->endpoint();
    TcpHttpClient client(loop, "");
    HttpDialer dialer(loop, "");
    RawClient half(endpoint);
    half.send("GET /half HTTP");
    client.send({.server = endpoint, .target = "/send"}, [&](const auto&) { ++called; });
    client.stream(
        {.server = endpoint, .target = "/stream"}, [](auto) { return true; },
        [&](const auto&) { ++called; });
    auto upload = client.open_upload({.server = endpoint, .method = HttpMethod::kPost},
                                     [&](const auto&) { ++called; });
    while (never.waiters() < 2) loop.run_one();
    dialer.dial(*NodeName::parse("n1"), endpoint, std::chrono::seconds(9), [&](auto) { ++called; });
    loop.run_one();
    loop.stop();
  }
  EXPECT_EQ(unwound, 2);
  EXPECT_EQ(called, 0);
}

}  // namespace
}  // namespace hearth
