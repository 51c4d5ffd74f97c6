// The engine's side of a followed log once its reader is gone: the agent's routes, its server and
// its engine together, and the manager's relay in front of them.

#include <gmock/gmock.h>

#include "adapters/docker/docker_runtime.h"
#include "shell/agent_api/agent_api.h"
#include "testing/disk/temporary_directory.h"
#include "testing/engine/fake_engine.h"
#include "testing/http/test_server.h"
#include "testing/idle/idle_container_runtime.h"

namespace hearth {
namespace {

using testing::StartsWith;

/// An agent whose engine has one container that prints nothing.
class FollowersTest : public testing::Test {
 protected:
  FollowersTest() {
    add_agent_routes(agent.router, view_);
    agent.loop.run([this] {
      engine_ = std::make_unique<docker::FakeEngine>(agent.loop.loop(), folder_ / "docker.sock");
      engine_->on("/containers/c0ffee/logs",
                  {.bytes = docker::chunked_head(), .then = docker::FakeEngine::Then::kHold});
      runtime_.start(agent.loop.loop(), folder_ / "docker.sock");
      return 0;
    });
    agent.start();
    manager.router.add(HttpMethod::kGet, "/log", [this](HttpExchange& exchange) {
      return exchange.relay(agent.endpoint(), kLog);
    });
    manager.start();
  }
  ~FollowersTest() override {
    agent.stop();
    agent.loop.run([this] {
      runtime_.engine.reset();
      engine_->stop();
      return 0;
    });
  }

  /// Follows with as many clients as the engine serves logs at once, then disconnects all of them.
  static void come_and_go(const Endpoint& server, std::string_view target, std::string_view more) {
    std::vector<std::unique_ptr<RawClient>> clients;
    for (int i = 0; i < kLogsMax; ++i) {
      clients.push_back(std::make_unique<RawClient>(server));
      clients.back()->send("GET " + std::string(target) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n");
      EXPECT_THAT(clients.back()->read_until("\r\n\r\n"), StartsWith("HTTP/1.1 200 "));
      clients.back()->send(more);
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  /// Whether the engine serves another log within a while.
  bool has_room() {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(4);
    while (std::chrono::steady_clock::now() < give_up) {
      // A request without follow is answered by the log's first byte, or at once by a refusal.
      RawClient client(agent.endpoint());
      client.send(plain_request("GET", "/v1/instances/a-1/logs"));
      std::this_thread::sleep_for(std::chrono::milliseconds(50));
      if (client.is_quiet()) return true;
    }
    return false;
  }

  /// Created on the loop, after the routes that use it.
  class LateRuntime final : public IdleContainerRuntime {
   public:
    void start(boost::asio::io_context& loop, const std::filesystem::path& socket) {
      engine = std::make_unique<docker::DockerRuntime>(
          loop, docker::DockerConfig{.node = *NodeName::parse("n1"), .socket = socket});
    }
    void logs(LogRequest request, ChunkSink sink, Completion<void> done) override {
      engine->logs(std::move(request), std::move(sink), std::move(done));
    }
    void build(const std::filesystem::path&, const std::string&, ChunkSink,
               Completion<void>) override {}

    std::unique_ptr<docker::DockerRuntime> engine;
  };

  static constexpr int kLogsMax = 16;
  static constexpr const char* kLog = "/v1/instances/a-1/logs?follow=1";

  const TemporaryDirectory folder_;
  LateRuntime runtime_;
  std::unique_ptr<docker::FakeEngine> engine_;
  const AgentView view_{.node = *NodeName::parse("n1"),
                        .status = [] { return Heartbeat{}; },
                        .container_of = [](const InstanceId&) { return ContainerId{"c0ffee"}; },
                        .last_words = {},
                        .metrics = [] { return std::string(); },
                        .runtime = runtime_};
  TestServer agent;
  TestServer manager;
};

TEST_F(FollowersTest, LeavingAQuietLogFreesItsConnectionAndTheEngine) {
  for (const std::string_view more : {"", "GET / HTTP/1.1\r\n\r\n"}) {
    come_and_go(agent.endpoint(), kLog, more);
    EXPECT_TRUE(agent.reaches([](const auto& counters) { return counters.connections_open == 0; }))
        << more;
    EXPECT_TRUE(has_room()) << more;
  }
}

TEST_F(FollowersTest, LeavingARelayedQuietLogFreesBothServersAndTheEngine) {
  for (const std::string_view more : {"", "GET / HTTP/1.1\r\n\r\n"}) {
    come_and_go(manager.endpoint(), "/log", more);
    EXPECT_TRUE(manager.reaches([](const auto& counters) {
      return counters.connections_open == 0;
    })) << more;
    EXPECT_TRUE(agent.reaches([](const auto& counters) { return counters.connections_open == 0; }))
        << more;
    EXPECT_TRUE(has_room()) << more;
  }
}

}  // namespace
}  // namespace hearth
