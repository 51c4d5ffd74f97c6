#include "adapters/http/http_server.h"

#include <gmock/gmock.h>

#include "adapters/file/sha256.h"
#include "testing/disk/temporary_directory.h"
#include "testing/http/test_server.h"

namespace hearth {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

HttpHandler says(std::string text) {
  return [text](HttpExchange& exchange) {
    return exchange.respond({.body = text, .content_type = "text/plain"});
  };
}

TEST(HttpServer, AnswersByMethodPathAndQuery) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/v1/nodes/{name}", [](HttpExchange& exchange) {
    const HttpRequest& request = exchange.request();
    return exchange.respond({.body = request.parameter("name") + "|" + request.query.at("a b") +
                                     "|" + std::string(request.header("x-tail")) + "|" +
                                     request.path});
  });
  test.start();
  const std::string answer = exchange_with(
      test.endpoint(), plain_request("GET", "/v1/nodes/n%31?x&a%20b=1%2F2&=y", "X-Tail: t\r\n"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\nn1|1/2|t|/v1/nodes/n1"));
}

TEST(HttpServer, AnswersUnknownRequestsWithAProblem) {
  TestServer test;
  test.router.add(HttpMethod::kPut, "/known", says("x"));
  test.start();
  const std::string missing = exchange_with(test.endpoint(), plain_request("GET", "/unknown"));
  EXPECT_THAT(missing, StartsWith("HTTP/1.1 404 Not Found\r\n"));
  EXPECT_THAT(missing, HasSubstr("Content-Type: application/problem+json\r\n"));
  EXPECT_THAT(missing, HasSubstr("\"code\":\"not_found\""));
  const std::string wrong = exchange_with(test.endpoint(), plain_request("GET", "/known"));
  EXPECT_THAT(wrong, StartsWith("HTTP/1.1 405 "));
  EXPECT_THAT(wrong, HasSubstr("Allow: PUT\r\n"));
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("BREW", "/known")),
              StartsWith("HTTP/1.1 501 "));
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/%zz")),
              StartsWith("HTTP/1.1 400 "));
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/known?a=%")),
              StartsWith("HTTP/1.1 400 "));
}

TEST(HttpServer, TurnsAHandlersErrorIntoAProblem) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange&) -> Result<void> {
    return fail(ErrorCode::kConflict, "'a' is there already");
  });
  test.start();
  const std::string answer = exchange_with(test.endpoint(), plain_request("GET", "/"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 409 Conflict\r\n"));
  EXPECT_THAT(answer, HasSubstr("\"detail\":\"'a' is there already\""));
}

TEST(HttpServer, AnswersHeadWithoutABody) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", says("12345"));
  test.start();
  const std::string answer = exchange_with(test.endpoint(), plain_request("HEAD", "/"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 5\r\n"));
  EXPECT_THAT(answer, EndsWith("\r\n\r\n"));
}

TEST(HttpServer, KeepsAConnectionForPipelinedRequests) {
  TestServer test;
  test.router.add(HttpMethod::kPost, "/{n}", [](HttpExchange& exchange) -> Result<void> {
    const Result<std::string> body = exchange.read_body(10);
    if (!body) return tl::unexpected(body.error());
    return exchange.respond({.body = exchange.request().parameter("n") + *body + ";"});
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(
      "POST /1 HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\n\r\naa"
      "POST /2 HTTP/1.1\r\nHost: 127.0.0.1\r\nTransfer-Encoding: chunked\r\n\r\n"
      "1\r\nb\r\n1\r\nb\r\n0\r\n\r\n"
      "POST /3 HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_to_end();
  EXPECT_THAT(answers, HasSubstr("1aa;"));
  EXPECT_THAT(answers, HasSubstr("2bb;"));
  EXPECT_THAT(answers, EndsWith("3;"));
  EXPECT_EQ(test.counters().connections_accepted, 1U);
  EXPECT_EQ(test.counters().requests_answered, 3U);
}

TEST(HttpServer, LeavesNothingOfAnUnreadBodyForTheNextRequest) {
  TestServer test;
  test.router.add(HttpMethod::kPost, "/", says("ok"));
  test.start();
  RawClient client(test.endpoint());
  client.send(
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 24\r\n\r\nGET /sneaked HTTP/1.1\r\n\r"
      "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
  const std::string answers = client.read_to_end();
  EXPECT_THAT(answers, Not(HasSubstr("404")));
  EXPECT_EQ(test.counters().requests_answered, 2U);
}

TEST(HttpServer, SendsContinueToAClientThatWaitsForIt) {
  TestServer test;
  test.router.add(HttpMethod::kPut, "/", [](HttpExchange& exchange) -> Result<void> {
    const Result<std::string> body = exchange.read_body(10);
    if (!body) return tl::unexpected(body.error());
    return exchange.respond({.body = *body});
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("PUT", "/", "Content-Length: 3\r\nExpect: 100-continue\r\n"));
  EXPECT_EQ(client.read_until("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("abc");
  EXPECT_THAT(client.read_to_end(), EndsWith("\r\n\r\nabc"));
}

TEST(HttpServer, WaitsForWorkThatEndsInACompletion) {
  Completion<int> pending;
  TestServer test;
  test.router.add(HttpMethod::kGet, "/later", [&](HttpExchange& exchange) -> Result<void> {
    const Result<int> result = exchange.await<int>(
        std::chrono::seconds(10), [&](Completion<int> done) { pending = std::move(done); });
    if (!result) return tl::unexpected(result.error());
    return exchange.respond({.body = std::to_string(*result)});
  });
  test.router.add(HttpMethod::kGet, "/finish", [&](HttpExchange& exchange) {
    pending(7);
    return exchange.respond({.body = "finished"});
  });
  test.router.add(HttpMethod::kGet, "/never", [](HttpExchange& exchange) -> Result<void> {
    const Result<int> result =
        exchange.await<int>(std::chrono::milliseconds(20), [](const Completion<int>&) {});
    return tl::unexpected(result.error());
  });
  test.start();
  RawClient waiting(test.endpoint());
  waiting.send(plain_request("GET", "/later"));
  while (!test.loop.run([&] { return pending != nullptr; })) std::this_thread::yield();
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/finish")),
              EndsWith("finished"));
  EXPECT_THAT(waiting.read_to_end(), EndsWith("\r\n\r\n7"));
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/never")),
              StartsWith("HTTP/1.1 504 "));
}

// --- Files.

TEST(HttpServer, ReceivesAFileAndReturnsItsDigest) {
  const TemporaryDirectory directory;
  TestServer test;
  const std::string content(1'000'000, 'x');
  test.router.add(HttpMethod::kPut, "/", [&](HttpExchange& exchange) -> Result<void> {
    const auto received = exchange.read_body_to_file(directory / "file", 2'000'000);
    if (!received) return tl::unexpected(received.error());
    return exchange.respond(
        {.body = received->digest.str() + " " + std::to_string(received->size)});
  });
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) {
    return exchange.respond_file(directory / "file", "application/octet-stream");
  });
  test.start();
  EXPECT_THAT(exchange_with(test.endpoint(),
                            plain_request("PUT", "/", "Content-Length: 1000000\r\n") + content),
              EndsWith("\r\n\r\n" + sha256_of(content).str() + " 1000000"));
  const std::string answer = exchange_with(test.endpoint(), plain_request("GET", "/"));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 1000000\r\n"));
  EXPECT_EQ(answer.substr(answer.find("\r\n\r\n") + 4), content);
}

TEST(HttpServer, LeavesNoFileOfATruncatedBody) {
  const TemporaryDirectory directory;
  std::promise<ErrorCode> ended;
  TestServer test;
  test.router.add(HttpMethod::kPut, "/", [&](HttpExchange& exchange) -> Result<void> {
    const auto received = exchange.read_body_to_file(directory / "file", 1000);
    ended.set_value(received.error().code);
    return tl::unexpected(received.error());
  });
  test.start();
  {
    RawClient client(test.endpoint());
    client.send(plain_request("PUT", "/", "Content-Length: 100\r\n") + "half");
  }
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_FALSE(std::filesystem::exists(directory / "file"));
}

TEST(HttpServer, ReportsAMissingFile) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) {
    return exchange.respond_file("/nonexistent/file", "text/plain");
  });
  test.start();
  EXPECT_THAT(exchange_with(test.endpoint(), plain_request("GET", "/")),
              StartsWith("HTTP/1.1 404 "));
}

// --- Streams.

TEST(HttpServer, SendsChunksAsTheyAreProduced) {
  Notifier changed;
  std::string news;
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/event-stream"); !begun) return begun;
    while (news != "end") {
      if (news.empty()) {
        if (auto woken = exchange.wait(changed, std::chrono::hours(1)); !woken) {
          return tl::unexpected(woken.error());
        }
      } else if (auto sent = exchange.write(std::exchange(news, {})); !sent) {
        return sent;
      }
    }
    return {};
  });
  test.start();
  RawClient client(test.endpoint());
  client.send(plain_request("GET", "/"));
  EXPECT_THAT(client.read_until("\r\n\r\n"), HasSubstr("Transfer-Encoding: chunked\r\n"));
  const auto tell = [&](std::string text) {
    test.loop.run([&] {
      news = std::move(text);
      changed.notify_all();
      return 0;
    });
  };
  tell("hello");
  EXPECT_EQ(client.read_until("hello\r\n"), "5\r\nhello\r\n");
  tell("end");
  EXPECT_EQ(client.read_to_end(), "0\r\n\r\n");
}

TEST(HttpServer, CutsOffAStreamThatFailed) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    if (auto sent = exchange.write("part"); !sent) return sent;
    return fail(ErrorCode::kUnavailable, "no more");
  });
  test.start();
  const std::string answer = exchange_with(test.endpoint(), plain_request("GET", "/"));
  EXPECT_THAT(answer, EndsWith("4\r\npart\r\n"));
}

TEST(HttpServer, EndsAQuietStreamAsSoonAsItsClientIsGone) {
  Notifier never;
  std::promise<ErrorCode> ended;
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    const auto woken = exchange.wait(never, std::chrono::hours(1));
    ended.set_value(woken.error().code);
    return exchange.write("unread");
  });
  test.start();
  {
    RawClient client(test.endpoint());
    client.send(plain_request("GET", "/"));
    client.read_until("\r\n\r\n");
  }
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_TRUE(test.reaches([](const auto& counters) { return counters.connections_open == 0; }));
  EXPECT_EQ(test.loop.run([&] { return never.waiters(); }), 0U);
}

TEST(HttpServer, GivesAStreamToAnHttp10ClientUntilItCloses) {
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    return exchange.write("plain");
  });
  test.start();
  EXPECT_THAT(exchange_with(test.endpoint(), "GET / HTTP/1.0\r\n\r\n"), EndsWith("\r\n\r\nplain"));
}

TEST(HttpServer, EndsRequestsInProgressWhenItStops) {
  Notifier never;
  std::promise<ErrorCode> ended;
  TestServer test;
  test.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    const auto woken = exchange.wait(never, std::chrono::hours(1));
    ended.set_value(woken.error().code);
    return tl::unexpected(woken.error());
  });
  test.start();
  RawClient idle(test.endpoint());
  RawClient client(test.endpoint());
  client.send(plain_request("GET", "/"));
  client.read_until("\r\n\r\n");
  test.stop();
  EXPECT_EQ(ended.get_future().get(), ErrorCode::kUnavailable);
  EXPECT_EQ(client.read_to_end(), "");
  EXPECT_EQ(idle.read_to_end(), "");
}

// --- Relay.

TEST(HttpServer, RelaysWhatAnotherServerAnswers) {
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/logs", says("lines"));
  agent.start();
  TestServer manager;
  manager.router.add(HttpMethod::kGet, "/{path}", [&](HttpExchange& exchange) {
    return exchange.relay(agent.endpoint(), "/" + exchange.request().parameter("path"));
  });
  manager.start();
  const std::string answer = exchange_with(manager.endpoint(), plain_request("GET", "/logs"));
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 OK\r\n"));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain\r\n"));
  EXPECT_THAT(answer, EndsWith("5\r\nlines\r\n0\r\n\r\n"));
  EXPECT_THAT(exchange_with(manager.endpoint(), plain_request("GET", "/missing")),
              StartsWith("HTTP/1.1 404 "));
}

TEST(HttpServer, ReportsThatARelaysOtherEndCannotBeReached) {
  TestServer manager;
  Endpoint gone;
  {
    TestServer agent;
    agent.start();
    gone = agent.endpoint();
  }
  manager.router.add(HttpMethod::kGet, "/",
                     [&](HttpExchange& exchange) { return exchange.relay(gone, "/logs"); });
  manager.start();
  EXPECT_THAT(exchange_with(manager.endpoint(), plain_request("GET", "/")),
              StartsWith("HTTP/1.1 503 "));
}

TEST(HttpServer, ReleasesARelaysOtherEndWhenTheClientGoes) {
  Notifier never;
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    if (auto sent = exchange.write("first"); !sent) return sent;
    const auto woken = exchange.wait(never, std::chrono::hours(1));
    return tl::unexpected(woken.error());
  });
  agent.start();
  TestServer manager;
  manager.router.add(HttpMethod::kGet, "/",
                     [&](HttpExchange& exchange) { return exchange.relay(agent.endpoint(), "/"); });
  manager.start();
  {
    RawClient client(manager.endpoint());
    client.send(plain_request("GET", "/"));
    client.read_until("first");
  }
  const auto nobody = [](const HttpServerCounters& counters) {
    return counters.connections_accepted == 1 && counters.connections_open == 0;
  };
  EXPECT_TRUE(agent.reaches(nobody));
  EXPECT_TRUE(manager.reaches(nobody));
}

TEST(HttpServer, StopsWithARelayInProgress) {
  Notifier never;
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/", [&](HttpExchange& exchange) -> Result<void> {
    if (auto begun = exchange.begin_stream("text/plain"); !begun) return begun;
    const auto woken = exchange.wait(never, std::chrono::hours(1));
    return tl::unexpected(woken.error());
  });
  agent.start();
  TestServer manager;
  manager.router.add(HttpMethod::kGet, "/",
                     [&](HttpExchange& exchange) { return exchange.relay(agent.endpoint(), "/"); });
  manager.start();
  RawClient client(manager.endpoint());
  client.send(plain_request("GET", "/"));
  client.read_until("\r\n\r\n");
  manager.stop();
  EXPECT_EQ(client.read_to_end(), "");
}

// --- Addresses.

TEST(HttpServer, ReportsAPortInUseWithTheRemedy) {
  TestServer test;
  test.start();
  const auto second = test.loop.run([&] {
    return HttpServer::listen(test.loop.loop(), test.router, {.listen = test.endpoint()}).error();
  });
  EXPECT_EQ(second.code, ErrorCode::kConflict);
  EXPECT_EQ(second.message,
            "port " + std::to_string(test.endpoint().port) +
                " on 127.0.0.1 is in use; stop the process that listens there, or listen on "
                "another port");
}

TEST(HttpServer, RefusesAddressesThatAreNotItsOwn) {
  LoopThread loop;
  const HttpRouter router;
  const auto code_of = [&](const char* address) {
    return loop.run([&] {
      return HttpServer::listen(loop.loop(), router, {.listen = {address, 0}, .token = "t"})
          .error()
          .code;
    });
  };
  EXPECT_EQ(code_of("somewhere"), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of(""), ErrorCode::kInvalidArgument);
  EXPECT_EQ(code_of("192.0.2.1"), ErrorCode::kUnavailable) << "its network can come up later";
}

TEST(HttpServer, RequiresTheTokenOffLoopbackOnly) {
  TestServer local;
  local.router.add(HttpMethod::kGet, "/", says("in"));
  local.start();
  EXPECT_FALSE(local.server().wants_token());
  EXPECT_THAT(exchange_with(local.endpoint(), plain_request("GET", "/")), EndsWith("in"));

  TestServer open({.listen = {"0.0.0.0", 0}, .token = "0123456789"});
  open.router.add(HttpMethod::kGet, "/", says("in"));
  open.router.add(HttpMethod::kGet, "/dial", says("in"), HttpAccess::kOpen);
  open.start();
  EXPECT_TRUE(open.server().wants_token());
  const std::string denied = exchange_with(open.endpoint(), plain_request("GET", "/"));
  EXPECT_THAT(denied, StartsWith("HTTP/1.1 401 Unauthorized\r\n"));
  EXPECT_THAT(denied, HasSubstr("WWW-Authenticate: Bearer realm=\"hearth\"\r\n"));
  EXPECT_THAT(denied, HasSubstr("\"code\":\"unauthorized\""));
  EXPECT_THAT(exchange_with(open.endpoint(), plain_request("GET", "/unknown")),
              StartsWith("HTTP/1.1 401 "));
  EXPECT_THAT(exchange_with(open.endpoint(), plain_request("GET", "/dial")), EndsWith("in"));
  EXPECT_THAT(exchange_with(open.endpoint(),
                            plain_request("GET", "/", "Authorization: Bearer 0123456789\r\n")),
              EndsWith("in"));
  EXPECT_EQ(open.counters().requests_denied, 2U);
}

TEST(HttpServer, DoesNotListenOffLoopbackWithoutAToken) {
  LoopThread loop;
  const HttpRouter router;
  const Error error = loop.run(
      [&] { return HttpServer::listen(loop.loop(), router, {.listen = {"0.0.0.0", 0}}).error(); });
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(error.message, HasSubstr("requires a token"));
}

}  // namespace
}  // namespace hearth
