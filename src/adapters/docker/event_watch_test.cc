#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/docker/docker_runtime_fixture.h"

namespace hearth::docker {
namespace {

using EventWatchTest = DockerRuntimeTest;

/// `after` the first instant, by the engine's clock.
std::string event(std::string_view action, std::string_view attributes = "",
                  std::chrono::nanoseconds after = 0s) {
  return R"({"Type":"container","Action":")" + std::string(action) + R"(","Actor":{"ID":")" +
         std::string(kId) +
         R"(","Attributes":{"hearth.node":"node-1","hearth.cluster":"default",)" +
         R"("hearth.instance":"heater-1")" + std::string(attributes) + R"(}},"timeNano":)" +
         std::to_string(1795463573640413614 + after.count()) + "}\n";
}

TEST_F(EventWatchTest, NoticesComeFromTheEventStream) {
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("start")) + chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 2; });
  EXPECT_EQ(notices[0].kind, ContainerNotice::Kind::kStarted);
  EXPECT_EQ(notices[0].instance.str(), "heater-1");
  EXPECT_EQ(notices[1].kind, ContainerNotice::Kind::kExited);
  EXPECT_EQ(notices[1].container, kContainer);
  EXPECT_EQ(notices[1].exit->code, 3);
  EXPECT_EQ(notices[1].exit->out_of_memory, OutOfMemory::kNo);
  engine.send("/events", chunk(event("destroy")));
  run_until([&] { return notices.size() == 3; });
  EXPECT_EQ(notices[2].kind, ContainerNotice::Kind::kRemoved);
}

/// Of `bytes` with its line end.
std::string event_of_size(std::string_view action, std::size_t bytes) {
  const std::size_t rest = bytes - event(action, R"(,"label":"")").size();
  return event(action, R"(,"label":")" + std::string(rest, 'x') + R"(")");
}

// Goal: an event at the bound is read; one that is longer is missed, which is said, and the watch
// goes on behind it.
TEST_F(EventWatchTest, AnEventThatIsTooLongIsMissedAndTheWatchGoesOn) {
  constexpr std::size_t kEventBytesMax = 256 * 1024;
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event_of_size("start", kEventBytesMax + 1)));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(missed.size(), 0U) << "its line end does not count";
  engine.send("/events", chunk(event_of_size("start", kEventBytesMax + 2)));
  run_until([&] { return missed.size() == 1; });
  EXPECT_EQ(missed[0].code, ErrorCode::kExhausted);
  EXPECT_THAT(missed[0].message, testing::HasSubstr("256 KiB"));
  engine.send("/events", chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 2; });
  EXPECT_EQ(notices[1].kind, ContainerNotice::Kind::kExited);
  EXPECT_EQ(runtime->counters().events_skipped, 1U);
  EXPECT_EQ(runtime->counters().watch_breaks, 0U);
  EXPECT_TRUE(lost.empty());
}

// Goal: an event of many times the bound is missed once, and what comes after it is read.
TEST_F(EventWatchTest, AnEventWithoutAnEndIsMissedOnce) {
  watch();
  run_until([&] { return watching == 1; });
  std::string endless;
  for (int i = 0; i < 16; ++i) endless += chunk(std::string(180 * 1024, 'x'));
  engine.send("/events", endless + chunk("\n" + event("start")));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(missed.size(), 1U);
}

// Goal: that a container ended is forgotten if what was missed may be its next start: the inventory
// that follows is believed.
TEST_F(EventWatchTest, WhatWasMissedMayHaveBeenAStart) {
  engine.on("/containers/json",
            {answer(200, R"([{"Id":")" + std::string(kId) + R"(","State":"running","Labels":{)" +
                             R"("hearth.node":"node-1",)" + R"("hearth.cluster":"default",)" +
                             R"("hearth.workload":"heater",)" + R"("hearth.generation":"1",)" +
                             R"("hearth.restarts":"0",)" + R"("hearth.instance":"heater-1"}}])")});
  engine.on("/images/json", {answer(200, "[]")});
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 1; });
  const auto before = inventory();
  ASSERT_TRUE(before);
  ASSERT_EQ(before->containers.size(), 1U);
  EXPECT_EQ(before->containers[0].state, ContainerState::kExited) << "the list lags behind";
  engine.send("/events", chunk(event_of_size("start", 300 * 1024)));
  run_until([&] { return missed.size() == 1; });
  const auto after = inventory();
  ASSERT_TRUE(after);
  EXPECT_EQ(after->containers[0].state, ContainerState::kRunning);
}

TEST_F(EventWatchTest, OutOfMemoryIsReportedOnceAndForThatRunOnly) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string die = chunk(event("die", R"(,"exitCode":"137")"));
  engine.send("/events",
              chunk(event("oom")) + chunk(event("oom")) + die + chunk(event("start")) + die);
  run_until([&] { return notices.size() == 3; });
  EXPECT_EQ(notices[0].exit->out_of_memory, OutOfMemory::kMain);
  EXPECT_EQ(notices[2].exit->out_of_memory, OutOfMemory::kNo);
}

// Goal: a container whose child was killed for memory is not reported as having run out of it.
// Method: a death with another code, one by SIGKILL that somebody sent, and one long after.
TEST_F(EventWatchTest, OutOfMemoryOfAChildIsNotThatOfTheContainer) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string kill = chunk(event("kill", R"(,"signal":"9")"));
  engine.send("/events", chunk(event("oom")) + chunk(event("die", R"(,"exitCode":"0")")) +
                             chunk(event("start")) + chunk(event("oom")) + kill +
                             chunk(event("die", R"(,"exitCode":"137")")) + chunk(event("start")) +
                             chunk(event("kill", R"(,"signal":"15")")) + chunk(event("oom")) +
                             chunk(event("die", R"(,"exitCode":"137")", 10s)) +
                             chunk(event("start")) + chunk(event("oom")) +
                             chunk(event("die", R"(,"exitCode":"137")", 10'001ms)));
  run_until([&] { return notices.size() == 7; });
  EXPECT_EQ(notices[0].exit->out_of_memory, OutOfMemory::kChild);
  EXPECT_EQ(notices[2].exit->out_of_memory, OutOfMemory::kChild);
  EXPECT_EQ(notices[4].exit->out_of_memory, OutOfMemory::kMain) << "SIGTERM kills nobody so";
  EXPECT_EQ(notices[6].exit->out_of_memory, OutOfMemory::kChild);
}

TEST_F(EventWatchTest, AChildKilledForMemoryGetsANoticeIfTheContainerGoesOn) {
  DockerConfig changed = config();
  changed.timeouts.memory_death = 20ms;
  recreate(changed);
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("oom")) + chunk(event("oom")));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(notices[0].kind, ContainerNotice::Kind::kChildOutOfMemory);
  EXPECT_EQ(notices[0].instance.str(), "heater-1");
  engine.send("/events", chunk(event("oom")) + chunk(event("die", R"(,"exitCode":"137")")) +
                             chunk(event("destroy")));
  run_until([&] { return notices.size() >= 3; });
  loop.restart();
  loop.run_for(60ms);  // Three times as long as a verdict takes.
  ASSERT_EQ(notices.size(), 3U);
  EXPECT_EQ(notices[1].exit->out_of_memory, OutOfMemory::kMain);
}

// Goal: an exit says how much memory there was, from the kernel's files at the last moment.
TEST_F(EventWatchTest, AnExitForLackOfMemoryHasTheLimitAndThePeak) {
  DockerConfig changed = config();
  changed.cgroup_root = folder / "cgroup";
  const std::filesystem::path group = folder / "cgroup" / "memory" / "docker" / std::string(kId);
  std::filesystem::create_directories(group);
  std::ofstream(group / "memory.limit_in_bytes") << "5000\n";
  std::ofstream(group / "memory.max_usage_in_bytes") << "4999\n";
  recreate(changed);
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("oom")) + chunk(event("die", R"(,"exitCode":"137")")));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(notices[0].exit->memory_limit_bytes, 5000U);
  EXPECT_EQ(notices[0].exit->memory_peak_bytes, 4999U);
}

TEST_F(EventWatchTest, WhatOthersDoToAContainerIsGivenNoticeOf) {
  using Kind = ContainerNotice::Kind;
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("pause")) + chunk(event("unpause")) +
                             chunk(event("health_status: unhealthy")) +
                             chunk(event("health_status: healthy")) +
                             chunk(event("rename", R"(,"name":"other","oldName":"/x")")) +
                             chunk(event("restart")) + chunk(event("kill", R"(,"signal":"9")")));
  run_until([&] { return notices.size() == 6; });
  EXPECT_EQ(notices[0].kind, Kind::kPaused);
  EXPECT_EQ(notices[1].kind, Kind::kUnpaused);
  EXPECT_EQ(notices[2].kind, Kind::kHealth);
  EXPECT_EQ(notices[2].health, ImageHealth::kUnhealthy);
  EXPECT_EQ(notices[3].health, ImageHealth::kHealthy);
  EXPECT_EQ(notices[4].kind, Kind::kRenamed);
  EXPECT_EQ(notices[4].name, "other");
  EXPECT_EQ(notices[5].kind, Kind::kRestarted);
  EXPECT_THAT(engine.requests().back().path, testing::HasSubstr("health_status"));
}

// Goal: a container of an image that somebody made of one of ours is not taken for ours.
TEST_F(EventWatchTest, StrangersWithOurLabelsAreGivenNoNoticeOf) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string ours = R"(,"hearth.image":"sha256:1","image":"sha256:1")";
  const std::string strange = R"(,"hearth.image":"sha256:1","image":"copied:latest")";
  engine.send("/events", chunk(event("start", strange)) + chunk(event("start", ours)) +
                             chunk(event("destroy", strange)));
  run_until([&] { return !notices.empty(); });
  loop.restart();
  loop.poll();
  ASSERT_EQ(notices.size(), 1U);
  EXPECT_EQ(notices[0].kind, ContainerNotice::Kind::kStarted);
}

TEST_F(EventWatchTest, AnInventoryThatLagsBehindTheNoticesIsCorrected) {
  engine.on("/images/json", {answer(200, "[]")});
  engine.on("/containers/json",
            {answer(200, R"([{"Id":")" + std::string(kId) + R"(","State":"running","Labels":
     {"hearth.instance":"heater-1","hearth.workload":"heater","hearth.generation":"1",
      "hearth.restarts":"0"}}])")});
  const auto state = [&] { return inventory().value().containers.at(0).state; };
  watch();
  run_until([&] { return watching == 1; });
  EXPECT_EQ(state(), ContainerState::kRunning);
  engine.send("/events", chunk(event("die", R"(,"exitCode":"3")")));
  run_until([&] { return notices.size() == 1; });
  EXPECT_EQ(state(), ContainerState::kExited);
  EXPECT_EQ(inventory().value().containers.at(0).exit, notices.at(0).exit);
  engine.send("/events", chunk(event("start")));
  run_until([&] { return notices.size() == 2; });
  EXPECT_EQ(state(), ContainerState::kRunning);
}

// Goal: a container that ends or is removed while an inventory is taken is not in it as running.
// Method: the notices arrive after the list of containers and before that of images.
TEST_F(EventWatchTest, AnInventoryIncludesWhatHappenedWhileItWasTaken) {
  engine.on("/containers/json",
            {answer(200, R"([{"Id":")" + std::string(kId) + R"(","State":"running","Labels":
     {"hearth.instance":"heater-1","hearth.workload":"heater","hearth.generation":"1",
      "hearth.restarts":"0"}}])")});
  engine.on("/images/json", {"", FakeEngine::Then::kHold});
  DockerConfig changed = config();
  changed.timeouts.inspection = 20ms;  // The held connection answers nothing more.
  recreate(changed);
  watch();
  run_until([&] { return watching == 1; });
  std::optional<Result<Inventory>> taken;
  const auto take_while = [&](const std::string& events, std::size_t notices_then) {
    const std::size_t asked = engine.count("/images/json");
    taken.reset();
    runtime->inventory([&](Result<Inventory> inventory) { taken = std::move(inventory); });
    run_until([&] { return engine.count("/images/json") > asked; });
    engine.send("/events", events);
    run_until([&] { return notices.size() == notices_then; });
    engine.send("/images/json", answer(200, "[]"));
    run_until([&] { return taken.has_value(); });
  };
  const std::string die = chunk(event("die", R"(,"exitCode":"3")"));
  take_while(die, 1);
  ASSERT_EQ(taken->value().containers.size(), 1U);
  EXPECT_EQ(taken->value().containers[0].state, ContainerState::kExited);
  EXPECT_EQ(taken->value().containers[0].exit, notices.at(0).exit);
  take_while(chunk(event("start")) + die + chunk(event("destroy")), 4);
  EXPECT_TRUE(taken->value().containers.empty());
  take_while(chunk(event("start")), 5);  // The list is newer than the notices before it.
  EXPECT_EQ(taken->value().containers.size(), 1U);
}

TEST_F(EventWatchTest, ABrokenEventStreamIsReportedAndWatchedAgain) {
  watch();
  run_until([&] { return watching == 1; });
  engine.hang_up("/events");
  run_until([&] { return watching == 2; });
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].code, ErrorCode::kUnavailable);
  EXPECT_EQ(runtime->counters().watch_breaks, 1U);
  engine.send("/events", chunk(event("start")));
  run_until([&] { return notices.size() == 1; });
}

TEST_F(EventWatchTest, AnUnreadableEventBreaksTheWatch) {
  watch();
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk("{\"Type\":\"container\",\"Action\":\"die\"}\n" + event("start")));
  run_until([&] { return watching == 2; });
  ASSERT_EQ(lost.size(), 1U);
  EXPECT_EQ(lost[0].code, ErrorCode::kCorrupt);
  EXPECT_EQ(runtime->counters().events_unreadable, 1U);
  EXPECT_TRUE(notices.empty());
}

TEST_F(EventWatchTest, ACauseIsReportedOnceAndNotWithEveryAttempt) {
  engine.stop();
  watch();
  run_until([&] { return !lost.empty(); });
  loop.restart();
  loop.run_for(800ms);  // Attempts after 100, 300 and 700 ms.
  EXPECT_EQ(lost.size(), 1U);
  engine.start();
  run_until([&] { return watching == 1; });
}

TEST_F(EventWatchTest, HandlersMayDestroyTheRuntime) {
  runtime->watch({.on_notice = [this](const ContainerNotice&) { runtime.reset(); },
                  .on_watching = [this] { ++watching; },
                  .on_lost = [](const Error&) { FAIL(); }});
  run_until([&] { return watching == 1; });
  engine.send("/events", chunk(event("start") + event("start")));
  run_until([&] { return runtime == nullptr; });
}

}  // namespace
}  // namespace hearth::docker
