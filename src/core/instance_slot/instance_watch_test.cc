// Goal: the running container of an instance is watched, and what its health calls for happens.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/instance_slot/slot_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Scene = SlotScene;

Scene with_rule(HealthAction action) {
  Scene scene;
  scene.spec.log_rules = {
      {.name = "fatal", .condition = MustNotAppear{.pattern = "FATAL"}, .action = action}};
  scene.spec.stop.grace = 3s;
  scene.assign();
  return scene;
}

TEST(InstanceWatch, ItsLogIsFollowedOnceForEachContainer) {
  Scene scene = with_rule(HealthAction::kEvent);
  ASSERT_THAT(scene.followed, SizeIs(1));
  EXPECT_EQ(scene.followed[0].container, scene.status().container);
  EXPECT_EQ(scene.followed[0].rules, scene.spec.log_rules);
  scene.pass(1min);
  scene.crash();
  ASSERT_THAT(scene.followed, SizeIs(2));
  EXPECT_EQ(scene.followed[1].container, scene.status().container);

  Scene without;
  without.assign();
  EXPECT_THAT(without.followed, IsEmpty()) << "nothing is to be read in it";
}

// Goal: the container that must go is stopped at once, with its own grace, while the fresh one is
// created; two never run.
TEST(InstanceWatch, ARuleThatFiresRestartsItInAFreshContainer) {
  Scene scene = with_rule(HealthAction::kRestart);
  scene.stop_takes = 2s;
  const ContainerId before = scene.status().container;
  scene.write("FATAL no sensor");
  ASSERT_EQ(scene.done<StopContainer>().size(), 1U);
  EXPECT_EQ(scene.done<StopContainer>()[0].container, before);
  EXPECT_EQ(scene.done<StopContainer>()[0].grace, 3s);
  EXPECT_EQ(scene.done<CreateContainer>().size(), 2U);
  EXPECT_EQ(scene.running(), 1);
  scene.pass(1s);
  EXPECT_EQ(scene.done<StartContainer>().size(), 1U) << "not beside the one that stops";
  scene.pass(2s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, before);
  EXPECT_EQ(scene.status().restarts, 1U);
  EXPECT_EQ(scene.status().failures, 1U);
  EXPECT_EQ(scene.containers.size(), 1U);
  EXPECT_THAT(scene.slot.take_noticed(), ElementsAre(HasSubstr("FATAL no sensor")));
}

TEST(InstanceWatch, ARuleThatAsksForAReplacementOnlySaysSo) {
  Scene scene = with_rule(HealthAction::kReplace);
  scene.write("FATAL no sensor");
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().health, Health::kDegraded);
  EXPECT_TRUE(scene.status().must_be_replaced);
  EXPECT_THAT(scene.done<StopContainer>(), IsEmpty());
  scene.crash();
  EXPECT_FALSE(scene.status().must_be_replaced) << "a fresh container begins well";
}

TEST(InstanceWatch, LinesOfAnotherContainerMeanNothing) {
  Scene scene = with_rule(HealthAction::kRestart);
  scene.step([&] {
    LogLines lines{.from_stdout = {.count = 1, .age = {}}};
    lines.matched.push_back({.rule = 0, .age = {}, .text = "FATAL"});
    scene.slot.on(LogRead{.container = {"other"}, .instance = Scene::id(), .lines = lines},
                  scene.turn.now);
  });
  EXPECT_EQ(scene.status().failures, 0U);
}

TEST(InstanceWatch, IsReadyOnceItHasRunForAsLongAsItsReleaseSays) {
  Scene scene;
  scene.spec.min_ready = 10s;
  scene.assign();
  EXPECT_EQ(scene.status().health, Health::kStarting);
  scene.pass(10s);
  EXPECT_EQ(scene.status().health, Health::kReady);
}

// Goal: the age of a container counts, although it was seen before its assignment was known.
TEST(InstanceWatch, AContainerThatRanBeforeItsAssignmentWasKnownIsAsOldAsItIs) {
  Scene scene;
  scene.turn.wall = WallTime(2h);
  const ContainerId running = scene.plant(ContainerState::kRunning);
  scene.containers.at(running).created_at = WallTime(1h);
  scene.slot.on_listed(scene.containers.at(running), scene.turn, scene.prng);
  scene.assign();
  EXPECT_EQ(scene.status().container, running);
  EXPECT_EQ(scene.status().health, Health::kReady);
}

// Goal: the agent does not spin until the answer to a start that it already knows succeeded.
// Method: a check is due at once, and the notice of the start overtakes the answer.
TEST(InstanceWatch, WaitsForTheAnswerToAStartOfWhichTheNoticeCameFirst) {
  Scene scene;
  scene.spec.probes.liveness = Probe{.check = TcpCheck{.port = 80}};
  scene.start_takes = 5s;
  scene.assign();
  const ContainerId container = scene.status().container;
  scene.step([&] { scene.slot.on_started(container, scene.turn, scene.prng); });
  ASSERT_TRUE(scene.slot.operation());
  const std::optional<MonoTime> next = scene.slot.next_deadline(scene.turn.now);
  EXPECT_TRUE(!next || *next > scene.turn.now);
  scene.pass(5s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

// Goal: a restart by hand ends with one container, the one that was restarted. Method: its start is
// noticed while a fresh container is being created in its place.
TEST(InstanceWatch, AContainerThatSomebodyStartsAgainServes) {
  Scene scene;
  scene.assign();
  const ContainerId first = scene.status().container;
  scene.create_takes = 1s;
  scene.crash();
  scene.containers.at(first).state = ContainerState::kRunning;
  scene.step([&] { scene.slot.on_started(first, scene.turn, scene.prng); });
  scene.pass(5s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().container, first);
  EXPECT_EQ(scene.containers.size(), 1U) << "the fresh one is not needed";
  EXPECT_THAT(scene.done<StopContainer>(), IsEmpty());
}

// Goal: a container that somebody starts again is as old as that start, not as the one that the
// agent requested. Method: it ran for longer than its release must.
TEST(InstanceWatch, AContainerThatSomebodyStartsAgainIsAsOldAsThat) {
  Scene scene;
  scene.spec.min_ready = 1min;
  scene.assign();
  const ContainerId first = scene.status().container;
  scene.pass(2min);
  ASSERT_EQ(scene.status().health, Health::kReady);
  scene.create_takes = 1s;
  scene.crash();
  scene.containers.at(first).state = ContainerState::kRunning;
  scene.step([&] { scene.slot.on_started(first, scene.turn, scene.prng); });
  scene.pass(5s);
  ASSERT_EQ(scene.status().container, first);
  EXPECT_EQ(scene.status().health, Health::kStarting);
  scene.pass(1min);
  EXPECT_EQ(scene.status().health, Health::kReady);
}

// Goal: what was known of a container's former run is not taken for its next one. Method: a listing
// shows that it ended and runs again.
TEST(InstanceWatch, AContainerThatRunsAgainIsReadAndInspectedAnew) {
  Scene scene = with_rule(HealthAction::kEvent);
  const ContainerId container = scene.status().container;
  EXPECT_EQ(scene.inspections, 1);
  scene.gives_notice = false;
  scene.create_takes = 1h;
  scene.containers.at(container).state = ContainerState::kExited;
  scene.step([&] { scene.slot.on_exited(container, {.code = 143}, scene.turn, scene.prng); });
  scene.step([&] { scene.slot.on_started(container, scene.turn, scene.prng); });
  ASSERT_THAT(scene.followed, SizeIs(2));
  EXPECT_EQ(scene.followed[1].container, container);
  EXPECT_EQ(scene.inspections, 2);
}

}  // namespace
}  // namespace hearth::core
