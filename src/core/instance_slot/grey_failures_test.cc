// What neither works nor fails in the open: docs/internals/grey_failures.md.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/instance_slot/instance_slot.h"
#include "core/instance_slot/slot_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Scene = SlotScene;

Scene with_rule(ReplaceOrder replace = ReplaceOrder::kStartFirst) {
  Scene scene;
  scene.spec.replace = replace;
  scene.spec.log_rules.push_back({.name = "fatal",
                                  .condition = MustNotAppear{.pattern = "FATAL"},
                                  .action = HealthAction::kRestart});
  scene.assign();
  return scene;
}

TEST(GreyFailures, AContainerThatCannotBeRemovedHoldsUpNoFreshOne) {
  Scene scene;
  scene.assign();
  const ContainerId obstinate = scene.status().container;
  scene.remove_error = Error{ErrorCode::kFailed, "removal is already in progress"};
  scene.crash();
  scene.pass(20s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, obstinate);
  EXPECT_EQ(scene.status().restarts, 1U);
  EXPECT_EQ(scene.containers.size(), 2U);
  const std::size_t tries = scene.done<RemoveContainer>().size();
  EXPECT_GE(tries, 9U);
  EXPECT_LE(tries, 11U) << "at a bounded rate";
  scene.list();  // It is listed as exited for as long as it takes.
  EXPECT_EQ(scene.status().restarts, 1U);
}

TEST(GreyFailures, AContainerThatCannotBeStoppedHoldsUpNoFreshOne) {
  Scene scene = with_rule();
  const ContainerId zombie = scene.status().container;
  scene.stop_error = Error{ErrorCode::kFailed, "tried to kill it, but got no exit event"};
  scene.write("FATAL no sensor");
  scene.pass(10s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, zombie);
  EXPECT_EQ(scene.running(), 2);
  EXPECT_THAT(scene.slot.take_noticed(),
              ElementsAre(HasSubstr("FATAL"), HasSubstr("cannot be stopped: tried to kill it")));
  scene.pass(1min);
  EXPECT_THAT(scene.slot.take_noticed(), IsEmpty()) << "once";
  EXPECT_GE(scene.done<StopContainer>().size(), 10U) << "and it is tried further";
  scene.stop_error.reset();
  scene.pass(10s);
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.containers.size(), 1U);
}

TEST(GreyFailures, WhatMustNotRunTwiceWaitsForAContainerThatCannotBeStopped) {
  Scene scene = with_rule(ReplaceOrder::kStopFirst);
  scene.stop_error = Error{ErrorCode::kFailed, "tried to kill it, but got no exit event"};
  scene.write("FATAL no sensor");
  scene.pass(1min);
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().state, InstanceState::kStarting);
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be stopped: tried to kill it"));
  EXPECT_TRUE(scene.status().cannot_start);
  scene.stop_error.reset();
  scene.pass(10s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.running(), 1);
  EXPECT_FALSE(scene.status().cannot_start);
}

TEST(GreyFailures, WhileTheRuntimeHangsMissingLinesMeanNothing) {
  Scene scene;
  scene.spec.log_rules.push_back({.name = "alive",
                                  .condition = MustRecur{.pattern = "alive", .every = 10s},
                                  .action = HealthAction::kRestart});
  scene.assign();
  scene.step([&] {
    scene.slot.on(LogReaderChanged{.container = scene.status().container,
                                   .instance = Scene::id(),
                                   .reading = LogReading::kCaughtUp},
                  scene.turn.now);
  });
  scene.step([&] { scene.slot.on_node({.is_runtime_usable = false}, scene.turn.now); });
  scene.pass(10min);
  EXPECT_EQ(scene.status().restarts, 0U);
  scene.step([&] { scene.slot.on_node({}, scene.turn.now); });
  scene.pass(11s);
  EXPECT_EQ(scene.status().restarts, 1U);
}

}  // namespace
}  // namespace hearth::core
