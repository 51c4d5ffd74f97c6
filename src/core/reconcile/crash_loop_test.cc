// What is done about an instance in a crash loop: one try on another node.

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/reconcile/reconcile_scene.h"

namespace hearth::core {
namespace {

using testing::ElementsAre;

using Scene = ReconcileScene;

TEST(CrashLoop, ACrashLoopIsTriedOnceOnAnotherNode) {
  Scene scene(1);
  Instance& looping = scene.add(1, kA, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kCrashLoop));
  EXPECT_TRUE(scene.plan().create.front().needs_room_now());
  Instance& tried = scene.add(2, kB, InstanceState::kStarting);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_TRUE(scene.plan().empty());
  looping.status.state = InstanceState::kStarting;
  EXPECT_TRUE(scene.plan().empty()) << "between two crashes, too";
  tried.status.state = InstanceState::kCrashLoop;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1))) << "one is left for an operator";
  scene.instances.pop_front();
  EXPECT_TRUE(scene.plan().empty()) << "it is not tried again";
}

TEST(CrashLoop, ALastTryThatRunsTakesOver) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kCrashLoop);
  Instance& tried = scene.add(2, kB);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

// Goal: what runs is not stopped for something that does not. Method: the first instance runs, and
// it is not known yet how well.
TEST(CrashLoop, AnInstanceThatRunsAgainIsAwaitedBesideALastTryThatGaveUp) {
  Scene scene(1);
  Instance& first = scene.add(1, kA);
  first.status.health = Health::kStarting;
  Instance& tried = scene.add(2, kB, InstanceState::kCrashLoop);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_TRUE(scene.plan().empty());
  first.status.health = Health::kDegraded;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
  first.status = {.state = InstanceState::kCrashLoop};
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

TEST(CrashLoop, ALastTryIsWithdrawnIfTheFirstInstanceIsWellAgain) {
  Scene scene(1);
  scene.add(1, kA);
  Instance& tried = scene.add(2, kB, InstanceState::kCrashLoop);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(2)));
}

// Goal: what must not run twice gets its try on another node, too, but never beside the first one.
TEST(CrashLoop, ACrashLoopOfWhatMustNotRunTwiceStopsBeforeItIsTriedElsewhere) {
  Scene scene(1);
  scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  Instance& looping = scene.add(1, kA, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kCrashLoop, MoveStyle::kStageFirst));
  Instance& tried = scene.add(2, kB, InstanceState::kFetching);
  tried.desired_state = DesiredState::kStage;
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_TRUE(scene.plan().empty()) << "it has no container yet";
  tried.status.state = InstanceState::kStaged;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
  looping.desired_state = DesiredState::kStop;
  EXPECT_TRUE(scene.plan().empty()) << "it still runs, perhaps";
  scene.instances.pop_front();
  EXPECT_THAT(scene.plan().promote, ElementsAre(id(2)));
  tried.desired_state = DesiredState::kRun;
  tried.status.state = InstanceState::kCrashLoop;
  EXPECT_TRUE(scene.plan().empty()) << "it is not tried again";
}

TEST(CrashLoop, ATryElsewhereOfWhatMustNotRunTwiceIsWithdrawnIfTheFirstIsWellAgain) {
  Scene scene(1);
  scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  scene.add(1, kA);
  Instance& tried = scene.add(2, kB, InstanceState::kStaged);
  tried.desired_state = DesiredState::kStage;
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(2)));
}

TEST(CrashLoop, OneOfSeveralThatMustNotRunTwiceIsTriedElsewhereAtATime) {
  Scene scene(2);
  scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  scene.add(1, kA, InstanceState::kCrashLoop);
  scene.add(2, kC, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kCrashLoop, MoveStyle::kStageFirst));
  Instance& tried = scene.add(3, kB, InstanceState::kFetching);
  tried.desired_state = DesiredState::kStage;
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_TRUE(scene.plan().empty());
}

TEST(CrashLoop, ACrashLoopStaysWhereItIsTiedOrAReleaseIsJudgedByIt) {
  const std::function<void(Scene&)> ties[] = {
      [](Scene& scene) { scene.workload.current->spec.on_node_lost = NodeLossPolicy::kStay; },
      [](Scene& scene) { scene.workload.current->spec.node = kA; },
      [](Scene& scene) {
        scene.workload.current->spec.instance.container.devices = {{"/dev/x", "/dev/x"}};
      },
      [](Scene& scene) { scene.workload.phase = WorkloadPhase::kRollingOut; },
      [](Scene& scene) { scene.may_replace = false; },
      [](Scene& scene) { scene.nodes[kA] = NodeState::kUnreachable; }};
  for (const auto& tie : ties) {
    Scene scene(1);
    scene.add(1, kA, InstanceState::kCrashLoop);
    tie(scene);
    EXPECT_TRUE(scene.plan().empty());
  }
}

}  // namespace
}  // namespace hearth::core
