#include "adapters/http/http_dialer.h"

#include <filesystem>
#include <future>

#include <boost/asio/steady_timer.hpp>

#include "base/check.h"
#include "testing/http/test_server.h"

namespace hearth {
namespace {

using std::chrono::milliseconds;

/// Accepts connections in the kernel only, like the machine of a hanging process.
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

constexpr std::size_t kFewDials = 64;
/// Slack for a busy machine: what this test looks for lasts forever.
constexpr int kBusyMachine = 4;

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

TEST(HttpDialer, IsAnsweredByARunningAgent) {
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

TEST(HttpDialer, CountsAnyOtherHttpAnswer) {
  for (const unsigned status : {200U, 401U, 500U, 503U}) {
    TestServer crowded;
    crowded.router.add(HttpMethod::kGet, "/v1/dial/{node}", [status](HttpExchange& exchange) {
      return exchange.respond({.status = status});
    });
    crowded.start();
    EXPECT_EQ(dial(crowded.endpoint()), DialOutcome::kAnswered) << status;
  }
}

// Goal: an agent that received another node's address is not mistaken for that node.
TEST(HttpDialer, DoesNotCountAnAnswerOfAnotherNodesAgent) {
  TestServer other;
  other.router.add(HttpMethod::kGet, "/v1/dial/{node}", [](HttpExchange&) -> Result<void> {
    return fail(ErrorCode::kNotFound, "not that node");
  });
  other.start();
  EXPECT_EQ(dial(other.endpoint()), DialOutcome::kNoAnswer);
}

// Goal: what this machine lacks is no evidence about another machine.
TEST(HttpDialer, AsksNoNodeWithoutADescriptor) {
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

TEST(HttpDialer, AsksNoNodeWithoutARoute) {
  // TCP has no way to a multicast address, whatever routes there are.
  EXPECT_EQ(dial({"224.0.0.1", 7701}), DialOutcome::kNotAsked);
}

TEST(HttpDialer, AsksNoNodeWhoseNameCannotBeResolved) {
  EXPECT_EQ(dial({"no-such-host.invalid", 7701}), DialOutcome::kNotAsked);
}

TEST(HttpDialer, IsRefusedWhereNothingListens) {
  Endpoint nobody;
  {
    const SilentListener gone;
    nobody = gone.endpoint();
  }
  EXPECT_EQ(dial(nobody), DialOutcome::kRefused);
}

TEST(HttpDialer, HasNoAnswerFromAHangingAgent) {
  const SilentListener hung;
  const auto begun_at = std::chrono::steady_clock::now();
  EXPECT_EQ(dial(hung.endpoint(), milliseconds(60)), DialOutcome::kNoAnswer);
  EXPECT_GE(std::chrono::steady_clock::now() - begun_at, milliseconds(60));
}

TEST(HttpDialer, HasNoAnswerIfTheAnswerIsNotHttpOrTruncated) {
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

// Goal: more dials than the bound all end, and waiting is not taken for silence.
TEST(HttpDialer, CarriesOutMoreDialsThanItsBound) {
  TestServer agent({.listen = {"127.0.0.1", 0}, .connections_max = 1000});
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}",
                   [](HttpExchange& exchange) { return exchange.respond({.status = 204}); });
  agent.start();
  LoopThread loop;
  HttpDialer dialer(loop.loop(), "s3cret-token", kFewDials);
  constexpr int kDials = 400;
  HEARTH_CHECK(kDials > kFewDials);
  int answered = 0;
  std::promise<void> all;
  loop.run([&] {
    for (int i = 0; i < kDials; ++i) {
      const NodeName name = node("n" + std::to_string(i));
      dialer.dial(name, agent.endpoint(), std::chrono::seconds(20), [&](DialOutcome outcome) {
        EXPECT_EQ(outcome, DialOutcome::kAnswered);
        if (++answered == kDials) all.set_value();
      });
    }
    return 0;
  });
  all.get_future().get();
  EXPECT_EQ(loop.run([&] { return answered; }), kDials);
}

/// A fleet that falls silent at once, and a manager that dials like core/evidence: each node again
/// when its last dial has taken its time, at the latest after two timeouts; only the outcome of the
/// last dial counts; a verdict takes two in a row without an answer.
class SilentFleet {
 public:
  SilentFleet(boost::asio::io_context& loop, HttpDialer& dialer, std::vector<Endpoint> agents,
              milliseconds timeout)
      : dialer_(dialer), timeout_(timeout), tick_(loop), nodes_(agents.size()) {
    for (std::size_t i = 0; i < nodes_.size(); ++i) nodes_[i].agent = std::move(agents[i]);
    tick();
  }

  std::size_t verdicts() const { return verdicts_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Node {
    Endpoint agent;
    std::uint64_t last_dial = 0;
    Clock::time_point begun_at;
    Clock::time_point next_dial;
    int unanswered = 0;
  };

  void tick() {
    for (std::size_t i = 0; i < nodes_.size(); ++i) {
      if (nodes_[i].unanswered < 2 && Clock::now() >= nodes_[i].next_dial) dial(i);
    }
    tick_.expires_after(milliseconds(5));
    // A timer that expired cannot be cancelled: its handler may run after the fleet is gone.
    tick_.async_wait([this, alive = std::weak_ptr(alive_)](const auto& cancelled) {
      if (!cancelled && !alive.expired()) tick();
    });
  }
  void dial(std::size_t i) {
    Node& node = nodes_[i];
    node.begun_at = Clock::now();
    node.next_dial = node.begun_at + 2 * timeout_;
    const std::uint64_t number = ++node.last_dial;
    dialer_.dial(*NodeName::parse("n" + std::to_string(i)), node.agent, timeout_,
                 [this, i, number](DialOutcome outcome) { judge(nodes_[i], number, outcome); });
  }
  void judge(Node& node, std::uint64_t number, DialOutcome outcome) {
    if (number != node.last_dial) return;
    node.next_dial = std::max(Clock::now(), node.begun_at + timeout_);
    if (outcome == DialOutcome::kNotAsked) return;
    EXPECT_EQ(outcome, DialOutcome::kNoAnswer);
    if (++node.unanswered == 2) ++verdicts_;
  }

  HttpDialer& dialer_;
  const milliseconds timeout_;
  boost::asio::steady_timer tick_;
  std::vector<Node> nodes_;
  std::size_t verdicts_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

/// The time until every node has its verdict; `patience` if some get none.
milliseconds time_to_verdicts(std::size_t nodes, std::size_t dials_max, milliseconds timeout,
                              milliseconds patience) {
  const SilentListener hung;
  const std::size_t before = open_descriptors();
  LoopThread loop;
  auto dialer = loop.run(
      [&] { return std::make_unique<HttpDialer>(loop.loop(), "s3cret-token", dials_max); });
  const auto begun_at = std::chrono::steady_clock::now();
  auto fleet = loop.run([&] {
    return std::make_unique<SilentFleet>(loop.loop(), *dialer,
                                         std::vector<Endpoint>(nodes, hung.endpoint()), timeout);
  });
  const auto passed = [&] {
    return std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begun_at);
  };
  while (loop.run([&] { return fleet->verdicts(); }) < nodes && passed() < patience) {
    EXPECT_LE(open_descriptors(), before + dials_max + 20);
    std::this_thread::sleep_for(milliseconds(50));
  }
  const milliseconds took = std::min(passed(), patience);
  loop.run([&] {
    dialer.reset();
    fleet.reset();
    return 0;
  });
  return took;
}

// Goal: a whole site that is gone is recognised, however many nodes it has. A dial that waits for
// its turn must not end after the manager has dialled again, or its outcome would never count.
// Method: rounds of dials, each at most two timeouts long (a dial that waited is restarted once by
// the manager's next dial), two for a verdict.
TEST(HttpDialer, EndsEveryDialInTimeForAnyNumberOfSilentNodes) {
  constexpr milliseconds kTimeout(200);
  EXPECT_LT(time_to_verdicts(150, 200, kTimeout, 30 * kTimeout), 3 * 2 * kTimeout);
  const auto at_bound = time_to_verdicts(1000, 200, kTimeout, 100 * kTimeout);
  EXPECT_LT(at_bound, kBusyMachine * 2 * 5 * 2 * kTimeout);
}

TEST(HttpDialer, DialsTenThousandSilentNodesWithBoundedDescriptors) {
  rlimit limit{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &limit), 0);
  const rlimit raised{limit.rlim_max, limit.rlim_max};
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &raised), 0);
  const std::size_t dials_max =
      std::min<std::size_t>(HttpDialer::kDialsMax, limit.rlim_max - limit.rlim_max / 4);
  constexpr milliseconds kTimeout(500);
  const std::size_t rounds = 10'000 / dials_max + 1;
  EXPECT_LT(time_to_verdicts(10'000, dials_max, kTimeout, milliseconds(60'000)),
            kBusyMachine * 2 * rounds * 2 * kTimeout);
}

// Goal: the newest dial of a node counts, and begins at once.
TEST(HttpDialer, DialsANodeOnceAtATimeAndReportsTheLatest) {
  const SilentListener hung;
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}",
                   [](HttpExchange& exchange) { return exchange.respond({.status = 204}); });
  agent.start();
  LoopThread loop;
  HttpDialer dialer(loop.loop(), "s3cret-token", 1);
  std::vector<std::pair<int, DialOutcome>> reported;
  std::promise<void> all;
  const auto tell = [&](int number) {
    return [&, number](DialOutcome outcome) {
      reported.emplace_back(number, outcome);
      if (reported.size() == 4) all.set_value();
    };
  };
  loop.run([&] {
    dialer.dial(node("n1"), hung.endpoint(), std::chrono::seconds(20), tell(1));
    return 0;
  });
  ASSERT_GT(hung.accept(), 0) << "it is in progress";
  loop.run([&] {
    dialer.dial(node("n2"), hung.endpoint(), std::chrono::seconds(20), tell(2));
    dialer.dial(node("n2"), agent.endpoint(), std::chrono::seconds(20), tell(3));
    dialer.dial(node("n1"), agent.endpoint(), std::chrono::seconds(20), tell(4));
    return 0;
  });
  all.get_future().get();
  EXPECT_EQ(reported, (std::vector<std::pair<int, DialOutcome>>{{2, DialOutcome::kNotAsked},
                                                                {1, DialOutcome::kNotAsked},
                                                                {4, DialOutcome::kAnswered},
                                                                {3, DialOutcome::kAnswered}}));
}

TEST(HttpDialer, ResolvesTheNameOfAnAgent) {
  TestServer agent;
  agent.router.add(HttpMethod::kGet, "/v1/dial/{node}",
                   [](HttpExchange& exchange) { return exchange.respond({.status = 204}); });
  agent.start();
  EXPECT_EQ(dial({"localhost", agent.endpoint().port}), DialOutcome::kAnswered);
}

TEST(HttpDialer, DropsDialsInProgressWhenDestroyed) {
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
