#include <filesystem>
#include <thread>

#include <gtest/gtest.h>

#include "adapters/probe/prober_fixture.h"

namespace hearth {
namespace {

using namespace std::chrono_literals;

std::size_t open_descriptors() {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator("/proc/self/fd"), {}));
}

/// Commands that end when the test says so.
struct HeldCommands {
  ExecRunner runner() {
    return [this](const ContainerId&, const std::vector<std::string>&, Duration,
                  Completion<CommandEnd> done) { held.push_back(std::move(done)); };
  }
  std::vector<Completion<CommandEnd>> held;
};

ProbeRequest command() {
  return request_to(0, ExecCheck{{"check"}});
}

TEST(AsioProberBounds, RunsAsManyChecksAsItsBoundAndTheRestInTurn) {
  HeldCommands commands;
  ProberFixture fixture(commands.runner(), 2);
  std::vector<std::future<ProbeResult>> results;
  for (int i = 0; i < 3; ++i) results.push_back(fixture.start(command()));
  const auto held = [&] { return fixture.loop.run([&] { return commands.held.size(); }); };
  EXPECT_EQ(held(), 2U);
  fixture.loop.run([&] {
    commands.held.at(0)(CommandEnd{});
    return 0;
  });
  EXPECT_EQ(results.at(0).get().outcome, ProbeOutcome::kSucceeded);
  while (held() < 3) std::this_thread::sleep_for(1ms);  // The third has its turn.
  fixture.loop.run([&] {
    commands.held.at(2)(CommandEnd{});
    commands.held.at(1)(CommandEnd{});
    return 0;
  });
  EXPECT_EQ(results.at(2).get().outcome, ProbeOutcome::kSucceeded);
}

TEST(AsioProberBounds, ACheckWhoseTurnDoesNotComeIsNotRun) {
  HeldCommands commands;
  ProberFixture fixture(commands.runner(), 1);
  const auto first = fixture.start(command());
  const auto begun_at = std::chrono::steady_clock::now();
  EXPECT_EQ(
      fixture.run(command()),
      (ProbeResult{ProbeOutcome::kNotRun, "1 checks were in progress on this node for 2.0 s"}));
  EXPECT_GE(std::chrono::steady_clock::now() - begun_at, Prober::kTurnWaitMax);
  EXPECT_EQ(fixture.loop.run([&] { return commands.held.size(); }), 1U);
}

TEST(AsioProberBounds, AFullLineTakesNoFurtherCheck) {
  HeldCommands commands;
  ProberFixture fixture(commands.runner(), 1);
  const auto first = fixture.start(command());
  fixture.loop.run([] { return 0; });
  std::vector<ProbeResult> ended;
  const auto ended_count = [&] { return fixture.loop.run([&] { return ended.size(); }); };
  fixture.loop.run([&] {
    for (std::size_t i = 0; i < Prober::kWaitingMax + 1; ++i) {
      fixture.prober->run(command(),
                          [&](ProbeResult result) { ended.push_back(std::move(result)); });
    }
    EXPECT_TRUE(ended.empty()) << "never from within the call";
    return 0;
  });
  while (ended_count() == 0) std::this_thread::sleep_for(1ms);
  EXPECT_EQ(
      fixture.loop.run([&] { return ended.at(0); }),
      (ProbeResult{ProbeOutcome::kNotRun, "1 checks are in progress on this node, and 1024 wait"}));
  // The rest gives up, too, all at its time.
  while (ended_count() < Prober::kWaitingMax + 1) std::this_thread::sleep_for(20ms);
}

// Goal: what this node lacks does not count against a container. Method: TCP has no way to a
// multicast address, whatever routes there are.
TEST(AsioProberBounds, WithoutARouteNoCheckIsRun) {
  ProberFixture fixture;
  ProbeRequest request = request_to(80, TcpCheck{});
  request.address = "224.0.0.1";
  const ProbeResult result = fixture.run(request);
  EXPECT_EQ(result.outcome, ProbeOutcome::kNotRun) << result.words;
  EXPECT_TRUE(result.words.starts_with("this node cannot connect: ")) << result.words;
}

// Goal: an agent that was stopped for a while does not blame the container for it. Method: the loop
// is blocked for longer than the timeout, right after the check has begun.
TEST(AsioProberBounds, ATimeoutThatItNoticesLateIsNoTimeout) {
  const ScriptedServer server(say_nothing);
  ProberFixture fixture;
  std::promise<ProbeResult> ended;
  fixture.loop.run([&] {
    fixture.prober->run(request_to(server.port(), HttpCheck{}, kShort),
                        [&](ProbeResult result) { ended.set_value(std::move(result)); });
    fixture.loop.post([] { std::this_thread::sleep_for(kShort + 2 * AsioProber::kLatenessMax); });
    return 0;
  });
  const ProbeResult result = ended.get_future().get();
  EXPECT_EQ(result.outcome, ProbeOutcome::kNotRun);
  EXPECT_TRUE(result.words.starts_with("the agent itself was late, by ")) << result.words;
}

TEST(AsioProberBounds, ClosesWhatItOpens) {
  const ScriptedServer silent(say_nothing);
  const ScriptedServer well(answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"));
  ProberFixture fixture;
  const auto run_all = [&] {
    for (int i = 0; i < 5; ++i) {
      fixture.run(request_to(well.port(), HttpCheck{}));
      fixture.run(request_to(silent.port(), TcpCheck{}));
      fixture.run(request_to(silent.port(), HttpCheck{}, 20ms));
    }
  };
  run_all();
  // The servers close their ends in their own time.
  const std::size_t before = open_descriptors();
  run_all();
  while (open_descriptors() > before) std::this_thread::sleep_for(5ms);
}

TEST(AsioProberBounds, DropsChecksInProgressWhenDestroyed) {
  const ScriptedServer silent(say_nothing);
  HeldCommands commands;
  bool called = false;
  ProberFixture fixture(commands.runner(), 2);
  fixture.loop.run([&] {
    for (const ProbeRequest& request :
         {command(), request_to(silent.port(), HttpCheck{}), command()}) {
      fixture.prober->run(request, [&](const ProbeResult&) { called = true; });
    }
    return 0;
  });
  while (silent.connections() == 0) std::this_thread::sleep_for(1ms);
  fixture.loop.run([&] {
    fixture.prober.reset();
    for (const auto& done : commands.held) done(CommandEnd{});
    return 0;
  });
  fixture.loop.run([] { return 0; });
  EXPECT_EQ(commands.held.size(), 1U);
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace hearth
