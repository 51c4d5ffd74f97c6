#include "core/slot_containers/slot_containers.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Key;
using testing::SizeIs;

constexpr MonoTime kNow{1h};

Container container(const char* id, ContainerState state, std::uint64_t generation = 1) {
  return {.id = {id},
          .instance = InstanceId{"app-1"},
          .workload = *WorkloadName::parse("app"),
          .generation = {generation},
          .state = state};
}
Container adopted(const char* id, ContainerState state) {
  Container one = container(id, state);
  one.adopted = true;
  return one;
}

struct Scene {
  std::vector<ContainerAction> clear_out(const ContainerId& keep, MonoTime now = kNow) {
    std::vector<ContainerAction> actions;
    containers.clear_out(keep, {.grace = 7s}, now, ids, actions);
    return actions;
  }
  std::vector<ContainerAction> leave(MonoTime now = kNow) {
    std::vector<ContainerAction> actions;
    containers.leave({.grace = 7s}, now, ids, actions);
    return actions;
  }

  SlotContainers containers;
  OperationIds ids;
};

TEST(SlotContainers, TheMostUsefulContainerOfTheGenerationServes) {
  SlotContainers containers;
  containers.add(container("other", ContainerState::kRunning, 2));
  containers.add(container("exited", ContainerState::kExited));
  EXPECT_EQ(containers.serving({1}), nullptr);
  containers.add(container("created", ContainerState::kCreated));
  EXPECT_EQ(containers.serving({1})->id, ContainerId{"created"});
  containers.add(container("running", ContainerState::kRunning));
  EXPECT_EQ(containers.serving({1})->id, ContainerId{"running"});
  containers.condemn({"running"});
  EXPECT_EQ(containers.serving({1})->id, ContainerId{"created"});
  EXPECT_TRUE(containers.must_stop_first(true));
  EXPECT_FALSE(containers.must_stop_first(false)) << "it may run on until it is being stopped";
}

TEST(SlotContainers, WhatDoesNotServeIsStoppedAndRemovedOnce) {
  Scene scene;
  scene.containers.add(container("kept", ContainerState::kRunning));
  scene.containers.add(container("old", ContainerState::kRunning));
  std::vector<ContainerAction> actions = scene.clear_out({"kept"});
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<StopContainer>(actions[0]).container, ContainerId{"old"});
  EXPECT_EQ(std::get<StopContainer>(actions[0]).grace, 7s);
  EXPECT_TRUE(scene.containers.must_stop_first(false));
  EXPECT_THAT(scene.clear_out({"kept"}), IsEmpty());
  scene.containers.on_cleared(actions[0], {}, kNow);
  actions = scene.clear_out({"kept"});
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<RemoveContainer>(actions[0]).container, ContainerId{"old"});
  scene.containers.on_cleared(actions[0], {}, kNow);
  EXPECT_THAT(scene.containers.all(), ElementsAre(Key(ContainerId{"kept"})));
}

TEST(SlotContainers, AFailureIsTriedAgainAfterAWhile) {
  Scene scene;
  scene.containers.add(container("old", ContainerState::kExited));
  const std::vector<ContainerAction> actions = scene.clear_out({});
  scene.containers.on_cleared(actions.at(0), fail(ErrorCode::kTimeout, ""), kNow);
  EXPECT_THAT(scene.clear_out({}), IsEmpty());
  EXPECT_EQ(scene.containers.next_deadline(kNow), kNow + SlotContainers::kClearingRetry);
  EXPECT_THAT(scene.clear_out({}, kNow + SlotContainers::kClearingRetry), SizeIs(1));
}

TEST(SlotContainers, AnAdoptedOneIsNeverRemovedAndStoppedOnlyIfCondemned) {
  Scene scene;
  scene.containers.add(adopted("db", ContainerState::kRunning));
  EXPECT_THAT(scene.clear_out({}), IsEmpty());
  scene.containers.condemn({"db"});
  const std::vector<ContainerAction> actions = scene.clear_out({});
  ASSERT_THAT(actions, SizeIs(1));
  scene.containers.on_cleared(actions[0], {}, kNow);
  EXPECT_THAT(scene.clear_out({}), IsEmpty()) << "it has ended, and stays";
  ASSERT_NE(scene.containers.adopted(), nullptr);
  scene.containers.reprieve(*scene.containers.adopted());
  EXPECT_EQ(scene.containers.serving({1})->id, ContainerId{"db"});
}

TEST(SlotContainers, AnAdoptedOneIsLetGoOnceNothingElseIsDoneToIt) {
  Scene scene;
  scene.containers.add(adopted("db", ContainerState::kRunning));
  scene.containers.condemn({"db"});
  const std::vector<ContainerAction> stop = scene.clear_out({});
  EXPECT_THAT(scene.leave(), IsEmpty());
  scene.containers.on_cleared(stop.at(0), {}, kNow);
  const std::vector<ContainerAction> actions = scene.leave();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<LetGo>(actions[0]).instance, InstanceId{"app-1"});
  EXPECT_THAT(scene.leave(), IsEmpty());
  scene.containers.on_cleared(actions[0], {}, kNow);
  EXPECT_TRUE(scene.containers.empty());
}

TEST(SlotContainers, AContainerThatIsNotAdoptedIsStoppedOnceItsInstanceIsNotAssigned) {
  Scene scene;
  scene.containers.add(container("a", ContainerState::kRunning));
  const std::vector<ContainerAction> actions = scene.leave();
  ASSERT_THAT(actions, SizeIs(1));
  EXPECT_EQ(std::get<StopContainer>(actions[0]).container, ContainerId{"a"});
}

TEST(SlotContainers, ThatAContainerCannotBeStoppedIsReportedOnce) {
  Scene scene;
  scene.containers.add(container("a", ContainerState::kRunning));
  const std::vector<ContainerAction> stop = scene.clear_out({});
  ASSERT_THAT(stop, SizeIs(1));
  const Result<void> failed = fail(ErrorCode::kFailed, "no exit event");
  scene.containers.on_cleared(stop[0], failed, kNow);
  EXPECT_EQ(scene.containers.unstoppable(),
            "its previous container cannot be stopped: no exit event");
  EXPECT_EQ(scene.containers.take_unstoppable(), scene.containers.unstoppable());
  scene.containers.on_cleared(stop[0], failed, kNow);
  EXPECT_EQ(scene.containers.take_unstoppable(), std::nullopt);
  scene.containers.on_cleared(stop[0], {}, kNow);
  EXPECT_EQ(scene.containers.unstoppable(), "");
}

TEST(SlotContainers, OnlyWhatIsListedIsKept) {
  SlotContainers containers;
  containers.add(container("a", ContainerState::kRunning));
  containers.add(container("b", ContainerState::kRunning));
  containers.condemn({"a"});
  containers.erase_all_but({ContainerId{"b"}});
  EXPECT_THAT(containers.all(), ElementsAre(Key(ContainerId{"b"})));
  EXPECT_THAT(containers.save().condemned, IsEmpty());
}

}  // namespace
}  // namespace hearth::core
