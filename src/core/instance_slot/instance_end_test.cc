// What becomes of an instance that ended, by its restart policy.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/instance_slot/instance_slot.h"
#include "core/instance_slot/slot_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;

using Scene = SlotScene;

TEST(InstanceEnd, WhatEndedAndIsNotToBeRestartedStaysAsItIs) {
  const auto end_of = [](RestartPolicy policy, int code) {
    Scene scene;
    scene.spec.restart = policy;
    scene.assign();
    scene.crash(code);
    scene.pass(1min);
    EXPECT_EQ(scene.status().last_exit->code, code);
    const bool restarts = scene.done<CreateContainer>().size() == 2;
    EXPECT_EQ(scene.containers.size(), 1U) << "its log can still be read";
    return std::pair(scene.status().state, restarts);
  };
  using enum RestartPolicy;
  EXPECT_EQ(end_of(kAlways, 0), std::pair(InstanceState::kRunning, true));
  EXPECT_EQ(end_of(kOnFailure, 0), std::pair(InstanceState::kCompleted, false));
  EXPECT_EQ(end_of(kOnFailure, 3), std::pair(InstanceState::kRunning, true));
  EXPECT_EQ(end_of(kNever, 0), std::pair(InstanceState::kCompleted, false));
  EXPECT_EQ(end_of(kNever, 3), std::pair(InstanceState::kFailed, false));
}

TEST(InstanceEnd, OnlyAnEndThatIsNoCompletionCountsAsAFailure) {
  const auto counts_of = [](RestartPolicy policy, int code) {
    Scene scene;
    scene.spec.restart = policy;
    scene.assign();
    scene.crash(code);
    scene.pass(1min);
    return std::pair(scene.status().failures, scene.status().restarts);
  };
  using enum RestartPolicy;
  EXPECT_EQ(counts_of(kAlways, 0), std::pair(1U, 1U));
  EXPECT_EQ(counts_of(kOnFailure, 0), std::pair(0U, 0U));
  EXPECT_EQ(counts_of(kOnFailure, 3), std::pair(1U, 1U));
  EXPECT_EQ(counts_of(kNever, 0), std::pair(0U, 0U));
  EXPECT_EQ(counts_of(kNever, 3), std::pair(1U, 0U)) << "it is not restarted";
}

TEST(InstanceEnd, AnAgentThatStartsFindsWhatHasEnded) {
  Scene scene;
  scene.spec.restart = RestartPolicy::kOnFailure;
  const ContainerId ended = scene.plant(ContainerState::kExited);
  scene.containers.at(ended).exit = ContainerExit{.code = 0};
  scene.slot.assign(scene.instance());
  scene.list();
  scene.pass(1min);
  EXPECT_EQ(scene.status().state, InstanceState::kCompleted);
  EXPECT_EQ(scene.status().restarts, 0U);
  EXPECT_THAT(scene.done<CreateContainer>(), IsEmpty());
}

// Goal: probes need the container's address, which only an inspection tells.
TEST(InstanceSlot, AContainerIsInspectedAgainUntilTheRuntimeAnswers) {
  SlotScene scene;
  scene.answers_inspections = false;
  scene.assign();
  EXPECT_EQ(scene.inspections, 1);
  scene.step([&] {
    scene.slot.on(HealthcheckReported{.container = scene.status().container,
                                      .instance = SlotScene::id(),
                                      .by = HealthcheckReported::By::kNotice,
                                      .health = ImageHealth::kHealthy,
                                      .output = ""},
                  scene.turn.now);
  });
  scene.answers_inspections = true;
  scene.pass(ContainerWatch::kInspectionRetry);
  EXPECT_EQ(scene.inspections, 2);
  scene.pass(3 * ContainerWatch::kInspectionRetry);
  EXPECT_EQ(scene.inspections, 2) << "it has answered";
}

}  // namespace
}  // namespace hearth::core
