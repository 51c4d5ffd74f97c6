#include "adapters/http/http_dialer.h"

#include <future>

#include "testing/http/test_server.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;

/// Accepts connections in the kernel alone, as the machine of a process that hangs does.
class SilentListener {
 public:
  SilentListener() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(::bind(socket_, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(::listen(socket_, 8), 0);
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
  }
  ~SilentListener() { ::close(socket_); }
  Endpoint endpoint() const { return {"127.0.0.1", port_}; }
  int accept() const { return ::accept(socket_, nullptr, nullptr); }

 private:
  int socket_;
  std::uint16_t port_ = 0;
};

NodeName node(std::string_view name = "n1") {
  return *NodeName::parse(name);
}

DialOutcome dial(const Endpoint& agent, milliseconds timeout = milliseconds(5000)) {
  LoopThread loop;
  std::promise<DialOutcome> outcome;
  HttpDialer dialer(loop.loop(), "s3cret-token");
  loop.run([&] {
    dialer.dial(node(), agent, timeout, [&](DialOutcome ended) { outcome.set_value(ended); });
    return 0;
  });
  return outcome.get_future().get();
}

TEST(HttpDialer, IsAnsweredByAnAgentThatSpeaks) {
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}",
                   [](HttpExchange& exchange) { return exchange.respond({.status = 204}); });
  agent.start();
  EXPECT_EQ(dial(agent.endpoint()), DialOutcome::kAnswered);
}

TEST(HttpDialer, AsksForTheNodeByNameWithTheToken) {
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}", [](HttpExchange& exchange) -> Result<void> {
    EXPECT_EQ(exchange.request().parameter("node"), "n1");
    EXPECT_EQ(exchange.request().header("Authorization"), "Bearer s3cret-token");
    return exchange.respond({.status = 204});
  });
  agent.start();
  EXPECT_EQ(dial(agent.endpoint()), DialOutcome::kAnswered);
}

TEST(HttpDialer, TakesAnyOtherHttpAnswerForOne) {
  for (const unsigned status : {200U, 401U, 500U, 503U}) {
    TestServer crowded;
    crowded.router.add(HttpMethod::kGet, "/v1/dial/{node}", [status](HttpExchange& exchange) {
      return exchange.respond({.status = status});
    });
    crowded.start();
    EXPECT_EQ(dial(crowded.endpoint()), DialOutcome::kAnswered) << status;
  }
}

// Goal: an agent that got the address of another node is not taken for that node.
TEST(HttpDialer, HasNoAnswerFromTheAgentOfAnotherNode) {
  TestServer other;
  other.router.add(HttpMethod::kGet, "/v1/dial/{node}", [](HttpExchange&) -> Result<void> {
    return fail(ErrorCode::kNotFound, "not that node");
  });
  other.start();
  EXPECT_EQ(dial(other.endpoint()), DialOutcome::kNoAnswer);
}

// Goal: what this machine lacks is no evidence about another one.
TEST(HttpDialer, AsksNobodyWhereItHasNoDescriptorLeft) {
  const SilentListener hung;
  LoopThread loop;
  HttpDialer dialer(loop.loop(), "s3cret-token");
  const auto dial_once = [&] {
    std::promise<DialOutcome> outcome;
    loop.run([&] {
      dialer.dial(node(), hung.endpoint(), milliseconds(20),
                  [&](DialOutcome ended) { outcome.set_value(ended); });
      return 0;
    });
    return outcome.get_future().get();
  };
  EXPECT_EQ(dial_once(), DialOutcome::kNoAnswer);
  {
    const DescriptorsLeft none(0);
    EXPECT_EQ(dial_once(), DialOutcome::kNotAsked);
  }
  EXPECT_EQ(dial_once(), DialOutcome::kNoAnswer) << "it has one again";
}

TEST(HttpDialer, AsksNobodyWhereNoRouteLeavesThisMachine) {
  // TCP has no way to a multicast address, whatever routes there are.
  EXPECT_EQ(dial({"224.0.0.1", 7701}), DialOutcome::kNotAsked);
}

TEST(HttpDialer, IsRefusedWhereNobodyListens) {
  Endpoint nobody;
  {
    const SilentListener gone;
    nobody = gone.endpoint();
  }
  EXPECT_EQ(dial(nobody), DialOutcome::kRefused);
}

TEST(HttpDialer, HasNoAnswerFromAnAgentThatHangs) {
  const SilentListener hung;
  const auto begun_at = std::chrono::steady_clock::now();
  EXPECT_EQ(dial(hung.endpoint(), milliseconds(60)), DialOutcome::kNoAnswer);
  EXPECT_GE(std::chrono::steady_clock::now() - begun_at, milliseconds(60));
}

TEST(HttpDialer, HasNoAnswerWhereAnAnswerIsNoHttpOrBreaksOff) {
  for (const std::string_view answer : {"SSH-2.0-OpenSSH\r\n\r\n", "HTTP/1.1 20", ""}) {
    const SilentListener stranger;
    std::thread accepting([&] {
      const int socket = stranger.accept();
      char request[1024];
      EXPECT_GT(::recv(socket, request, sizeof request, 0), 0);
      EXPECT_EQ(::send(socket, answer.data(), answer.size(), 0),
                static_cast<ssize_t>(answer.size()));
      ::close(socket);
    });
    EXPECT_EQ(dial(stranger.endpoint()), DialOutcome::kNoAnswer) << answer;
    accepting.join();
  }
}

// Goal: more dials than the bound all end, and none is taken for silence because it waited.
TEST(HttpDialer, CarriesOutMoreDialsThanItsBound) {
  TestServer agent({.listen = {"127.0.0.1", 0}, .connections_max = 1000});
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}",
                   [](HttpExchange& exchange) { return exchange.respond({.status = 204}); });
  agent.start();
  LoopThread loop;
  HttpDialer dialer(loop.loop(), "s3cret-token");
  constexpr int kDials = 400;
  int answered = 0;
  std::promise<void> all;
  loop.run([&] {
    for (int i = 0; i < kDials; ++i) {
      dialer.dial(node(), agent.endpoint(), std::chrono::seconds(20), [&](DialOutcome outcome) {
        EXPECT_EQ(outcome, DialOutcome::kAnswered);
        if (++answered == kDials) all.set_value();
      });
    }
    return 0;
  });
  all.get_future().get();
  EXPECT_EQ(loop.run([&] { return answered; }), kDials);
}

TEST(HttpDialer, DropsWhatIsUnderWayWhenItGoes) {
  const SilentListener hung;
  LoopThread loop;
  bool called = false;
  loop.run([&] {
    HttpDialer dialer(loop.loop(), "s3cret-token");
    dialer.dial(node(), hung.endpoint(), milliseconds(1), [&](DialOutcome) { called = true; });
    return 0;
  });
  loop.run([] { return 0; });
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hearth
