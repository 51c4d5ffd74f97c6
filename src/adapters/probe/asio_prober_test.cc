#include "adapters/probe/asio_prober.h"

#include <gtest/gtest.h>

#include "adapters/probe/prober_fixture.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

const ProbeResult kSuccess{ProbeOutcome::kSucceeded, ""};

ProbeResult failure(std::string words) {
  return {ProbeOutcome::kFailed, std::move(words)};
}

ProbeResult get(std::function<void(const Served&)> script, Duration timeout = kPatience) {
  const ScriptedServer server(std::move(script));
  ProberFixture fixture;
  return fixture.run(request_to(server.port(), HttpCheck{}, timeout));
}

std::string head_of(std::string_view status) {
  return "HTTP/1.1 " + std::string(status) + "\r\nContent-Length: 0\r\n\r\n";
}

TEST(AsioProberHttp, AStatusFrom200To399Succeeds) {
  for (const std::string_view status : {"200 OK", "204 No Content", "399 Odd"}) {
    EXPECT_EQ(get(answering(head_of(status))), kSuccess) << status;
  }
}

TEST(AsioProberHttp, AnyOtherStatusFails) {
  EXPECT_EQ(get(answering(head_of("400 Bad Request"))), failure("was answered with status 400"));
  EXPECT_EQ(get(answering(head_of("503 Unavailable"))), failure("was answered with status 503"));
}

TEST(AsioProberHttp, ARedirectSucceedsAndIsNotFollowed) {
  const ScriptedServer server(answering(
      "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/gone\r\nContent-Length: 0\r\n\r\n"));
  ProberFixture fixture;
  EXPECT_EQ(fixture.run(request_to(server.port(), HttpCheck{})), kSuccess);
  EXPECT_EQ(server.connections(), 1);
}

TEST(AsioProberHttp, AnAnnouncementIsNotYetTheAnswer) {
  EXPECT_EQ(get(answering("HTTP/1.1 103 Early Hints\r\n\r\n" + head_of("500 No"))),
            failure("was answered with status 500"));
}

TEST(AsioProberHttp, AsksForThePathWithTheHeaders) {
  std::promise<std::string> asked;
  const ScriptedServer server([&](const Served& client) {
    asked.set_value(client.read_head());
    client.send(head_of("200 OK"));
  });
  ProberFixture fixture;
  fixture.run(request_to(server.port(),
                         HttpCheck{.path = "/healthz?full=1", .headers = {{"X-Probe", "yes"}}}));
  const std::string head = asked.get_future().get();
  EXPECT_TRUE(head.starts_with("GET /healthz?full=1 HTTP/1.1\r\nHost: 127.0.0.1:")) << head;
  EXPECT_NE(head.find("X-Probe: yes\r\n"), std::string::npos) << head;
}

// Goal: a body, even without end, costs nothing: the head decides.
TEST(AsioProberHttp, ReadsNoBody) {
  EXPECT_EQ(get([](const Served& client) {
              client.read_head();
              client.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
              while (client.send(std::string(64 * 1024, 'x'))) {
              }
            }),
            kSuccess);
}

TEST(AsioProberHttp, IsRefusedWhereNothingListens) {
  ScriptedServer server(say_nothing);
  server.stop();
  ProberFixture fixture;
  EXPECT_EQ(fixture.run(request_to(server.port(), HttpCheck{})), failure("was refused"));
}

TEST(AsioProberHttp, TimesOutIfNothingIsSaid) {
  EXPECT_EQ(get(say_nothing, kShort),
            (ProbeResult{ProbeOutcome::kTimedOut, "timed out after 150 ms"}));
}

TEST(AsioProberHttp, TimesOutIfTheHeadTrickles) {
  const ProbeResult result = get(
      [](const Served& client) {
        client.send("HTTP/1.1 200 OK\r\nX: ");
        while (client.send("x")) std::this_thread::sleep_for(5ms);
      },
      kShort);
  EXPECT_EQ(result.outcome, ProbeOutcome::kTimedOut) << result.words;
}

TEST(AsioProberHttp, FailsIfTheAnswerIsNotHttp) {
  EXPECT_EQ(get(answering("SSH-2.0-OpenSSH_9.2\r\n\r\n")),
            failure("was answered with something that is not HTTP"));
  EXPECT_EQ(get(answering(std::string(100, '\0') + "\r\n\r\n")),
            failure("was answered with something that is not HTTP"));
}

TEST(AsioProberHttp, FailsIfTheAnswerIsCutOff) {
  const ProbeResult cut = failure("was cut off before the end of the answer's head");
  EXPECT_EQ(get(answering("HTTP/1.1 20")), cut);
  EXPECT_EQ(get(answering("")), cut);
  EXPECT_EQ(get([](const Served& client) {
              client.read_head();
              client.reset_at_end();
            }),
            cut);
}

TEST(AsioProberHttp, ReadsAHeadUpToItsBound) {
  const auto with_header = [](std::size_t bytes) {
    return answering("HTTP/1.1 200 OK\r\nX: " + std::string(bytes, 'x') + "\r\n\r\n");
  };
  EXPECT_EQ(get(with_header(AsioProber::kHeadBytesMax - 100)), kSuccess);
  const ProbeResult too_large = failure("was answered with a head of more than 8 KiB");
  EXPECT_EQ(get(with_header(AsioProber::kHeadBytesMax)), too_large);
  EXPECT_EQ(get(with_header(1024 * 1024)), too_large);
}

TEST(AsioProber, ReachesAnIpv6Address) {
  const ScriptedServer server(answering(head_of("200 OK")), AF_INET6);
  ProberFixture fixture;
  ProbeRequest request = request_to(server.port(), HttpCheck{});
  request.address = "::1";
  EXPECT_EQ(fixture.run(request), kSuccess);
}

TEST(AsioProber, OnTheNodesNetworkItReachesTheNode) {
  const ScriptedServer server(answering(head_of("200 OK")));
  ProberFixture fixture;
  ProbeRequest request = request_to(server.port(), HttpCheck{});
  request.network = NetworkMode::kHost;
  request.address = "";
  EXPECT_EQ(fixture.run(request), kSuccess);
}

TEST(AsioProber, RunsNoCheckWithoutAnAddress) {
  ProberFixture fixture;
  for (ProbeCheck check : {ProbeCheck(HttpCheck{}), ProbeCheck(TcpCheck{})}) {
    ProbeRequest request = request_to(1, std::move(check));
    request.address = "";
    EXPECT_EQ(fixture.run(request),
              (ProbeResult{ProbeOutcome::kNotRun, "the container has no address yet"}));
    request.address = "heater\n";
    EXPECT_EQ(fixture.run(request),
              (ProbeResult{ProbeOutcome::kNotRun, "'heater' is not an IP address"}));
  }
}

TEST(AsioProberTcp, AnAcceptedConnectionSucceeds) {
  const ScriptedServer server(say_nothing);
  ProberFixture fixture;
  EXPECT_EQ(fixture.run(request_to(server.port(), TcpCheck{})), kSuccess);
}

TEST(AsioProberTcp, IsRefusedWhereNothingListens) {
  ScriptedServer server(say_nothing);
  server.stop();
  ProberFixture fixture;
  EXPECT_EQ(fixture.run(request_to(server.port(), TcpCheck{})), failure("was refused"));
}

ProbeResult exec(const Result<CommandEnd>& end) {
  ProberFixture fixture([&](const ContainerId& container, const std::vector<std::string>& command,
                            Duration timeout, const Completion<CommandEnd>& done) {
    EXPECT_EQ(container, ContainerId{"4f66ad9a0b2e"});
    EXPECT_EQ(command, std::vector<std::string>{"pg_isready"});
    EXPECT_EQ(timeout, kPatience);
    done(end);
  });
  return fixture.run(request_to(0, ExecCheck{{"pg_isready"}}));
}

TEST(AsioProberExec, AnExitCodeOfZeroSucceeds) {
  EXPECT_EQ(exec(CommandEnd{0, "accepting connections"}), kSuccess);
}

TEST(AsioProberExec, AnyOtherExitCodeFails) {
  EXPECT_EQ(exec(CommandEnd{2, "no response\n"}), failure("exited with 2: no response"));
}

// Goal: a runtime that never says how a command ended keeps no check in progress.
TEST(AsioProberExec, EndsWithoutAWordOfTheRuntime) {
  ProberFixture fixture([](const ContainerId&, const std::vector<std::string>&, Duration,
                           const Completion<CommandEnd>&) {},
                        1);
  for (int i = 0; i < 2; ++i) {
    EXPECT_EQ(
        fixture.run(request_to(0, ExecCheck{{"x"}}, kShort)),
        (ProbeResult{ProbeOutcome::kNotRun, "the container runtime did not say how it ended"}));
  }
}

}  // namespace
}  // namespace hearth
