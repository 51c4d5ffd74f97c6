#include <gtest/gtest.h>

#include "adapters/docker/docker_runtime_fixture.h"

namespace hearth::docker {
namespace {

using EventWatchTest = DockerRuntimeTest;

std::string event(std::string_view action, std::string_view attributes = "") {
  return R"({"Type":"container","Action":")" + std::string(action) + R"(","Actor":{"ID":")" +
         std::string(kId) + R"(","Attributes":{"hearth.instance":"heater-1")" +
         std::string(attributes) + R"(}},"timeNano":1795463573640413614})" + "\n";
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

TEST_F(EventWatchTest, AnEndlessEventBreaksTheWatch) {
  watch();
  run_until([&] { return watching == 1; });
  const std::string half = chunk(std::string(180 * 1024, 'x'));
  engine.send("/events", half + half);
  run_until([&] { return watching == 2; });
  EXPECT_EQ(lost.at(0).code, ErrorCode::kCorrupt);
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
