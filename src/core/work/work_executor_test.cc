#include "core/work/work_executor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/work/work_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

using Scene = WorkScene;

// Completed work. ---------------------------------------------------------------------------------

TEST(WorkExecutor, WhatHasCompletedIsNotDoneAgainWhenItsNodeFallsSilentAndDies) {
  Scene scene;
  WorkloadSpec once = spec(1);
  once.kind = WorkloadKind::kOneshot;
  scene.run(once);
  const NodeName node = *scene.instance(1).node;
  scene.report(make_instance_id(kApp, 1), InstanceState::kCompleted);
  (void)scene.work();
  for (const NodeState state : {NodeState::kSuspect, NodeState::kDead, NodeState::kLive}) {
    scene.transition_to(node, state);
    (void)scene.work();
    EXPECT_EQ(scene.count(), 1U) << name_of(state);
    EXPECT_EQ(scene.instance(1).status.state, InstanceState::kCompleted) << name_of(state);
  }
  scene.transition_to(node, NodeState::kDead);
  scene.run(once = spec(1, 'b'));
  EXPECT_EQ(scene.instance(2).generation, Generation{2}) << "another release is other work";
}

// Builds. -----------------------------------------------------------------------------------------

TEST(WorkExecutor, GivesABuildANodeAndAssignsItThere) {
  Scene scene;
  scene.deploy(spec(1));
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).build_node, kA);
  EXPECT_THAT(scene.assigned, ElementsAre(kA));
  EXPECT_THAT(scene.instances.rows(), IsEmpty()) << "there is nothing to run yet";
}

TEST(WorkExecutor, TwoBuildsDoNotShareANodeWhileAnotherOneIsIdle) {
  Scene scene;
  scene.deploy(spec(1));
  scene.deploy(spec(1, 'b'), kOther);
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).build_node, kA);
  EXPECT_EQ(scene.workloads.workload(kOther).build_node, kB);
}

TEST(WorkExecutor, ABuildMovesWhenItsNodeDiesAndWaitsWithAReasonIfNoNodeCanTakeIt) {
  Scene scene;
  scene.deploy(spec(1));
  (void)scene.work();
  scene.transition_to(kA, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).build_node, kB);
  EXPECT_THAT(scene.assigned, ElementsAre(kA, kB)) << "the old builder too, should it come back";
  for (const NodeName& name : {kB, kC}) scene.transition_to(name, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).build_node, std::nullopt);
  EXPECT_THAT(scene.workloads.workload(kApp).reason,
              HasSubstr("its builder 'b' is dead, and no node can take it: 2 nodes dead"));
  scene.transition_to(kC, NodeState::kLive);
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).build_node, kC);
  EXPECT_THAT(scene.workloads.workload(kApp).reason, IsEmpty());
}

// Instances. --------------------------------------------------------------------------------------

TEST(WorkExecutor, PlacesWhatIsBuiltAndContinuesItsNumbers) {
  Scene scene;
  scene.run(spec(2));
  EXPECT_EQ(scene.instance(1).node, kA);
  EXPECT_EQ(scene.instance(2).node, kB);
  EXPECT_EQ(scene.instance(1).image.reference, "app:1");
  EXPECT_EQ(scene.instance(1).changed_at, kNow.wall);
  EXPECT_EQ(scene.workloads.workload(kApp).next_instance, 3U);
}

TEST(WorkExecutor, AnInstanceWithoutRoomWaitsWithAReasonAndIsPlacedInTheStepThatMakesRoom) {
  Scene scene;
  scene.run(spec(3, 'a', 800));
  scene.run(spec(1, 'b', 500), kOther);
  const InstanceId waits = make_instance_id(kOther, 1);
  ASSERT_EQ(scene.instances.instance(waits).status.state, InstanceState::kPending);
  EXPECT_THAT(scene.instances.instance(waits).status.reason,
              HasSubstr("without enough unreserved CPU or memory"));
  (void)scene.workloads.stop(kApp);
  scene.changes.on_workload_changed(kApp);
  scene.changes.reconcile(kApp);
  (void)scene.work();
  EXPECT_EQ(scene.instances.instance(waits).status.state, InstanceState::kAssigned);
  EXPECT_TRUE(scene.instances.instance(waits).node);
}

TEST(WorkExecutor, AStagedReplacementIsNotCreatedWithoutRoom) {
  Scene scene;
  scene.run(spec(3, 'a', 800));
  scene.transition_to(kA, NodeState::kSuspect);
  EXPECT_THAT(scene.work(), IsEmpty());
  EXPECT_EQ(scene.count(), 3U);
  EXPECT_EQ(scene.workloads.workload(kApp).next_instance, 4U) << "and uses no number";
  scene.transition_to(kA, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.instance(4).status.state, InstanceState::kPending);
}

TEST(WorkExecutor, ALostInstanceIsReplacedElsewhereAndForgottenOnceTheReplacementRuns) {
  Scene scene;
  scene.run(spec(1));
  scene.transition_to(kA, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.instance(2).replaces, scene.instance(1).id);
  EXPECT_EQ(scene.instance(2).node, kB);
  scene.settle();
  EXPECT_EQ(scene.instances.find(make_instance_id(kApp, 1)), nullptr);
  EXPECT_EQ(scene.instance(2).status.state, InstanceState::kRunning);
}

TEST(WorkExecutor, ANewReleaseReplacesTheOldOneInItsPlaces) {
  Scene scene;
  scene.run(spec(3));
  scene.run(spec(3, 'b'));
  EXPECT_EQ(scene.count(), 3U);
  std::set<NodeName> nodes;
  for (const auto& [id, instance] : scene.instances.rows()) {
    EXPECT_EQ(instance.generation, Generation{2});
    nodes.insert(*instance.node);
  }
  EXPECT_THAT(nodes, ElementsAre(kA, kB, kC)) << "each where its predecessor was";
}

TEST(WorkExecutor, AReleaseThatFailsDoesNotSpread) {
  Scene scene;
  scene.run(spec(3));
  scene.deploy(spec(3, 'b'));
  scene.built();
  (void)scene.work();
  const InstanceId first = make_instance_id(kApp, 4);
  scene.changes.on(*scene.instances.report(
      first, {.state = InstanceState::kBackoff, .failures = 1, .reason = "it exited with code 1"},
      kNow.wall));
  (void)scene.work();
  const Workload& workload = scene.workloads.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_THAT(workload.reason, HasSubstr("it exited with code 1"));
  EXPECT_EQ(scene.events.back().message,
            "generation 2 of 'app' failed: 'app-4' on '" + scene.instance(4).node->str() +
                "' failed: it exited with code 1; generation 1 is kept running");
  scene.settle();
  EXPECT_EQ(scene.count(), 3U);
  for (std::uint64_t number = 1; number <= 3; ++number) {
    EXPECT_EQ(scene.instance(number).generation, Generation{1}) << "never touched";
  }
}

TEST(WorkExecutor, AnInstanceThatItsNodeCannotStartGoesElsewhere) {
  Scene scene;
  scene.run(spec(1));
  const NodeName home = *scene.instance(1).node;
  const auto cannot_start = [&](std::uint64_t number) {
    scene.changes.on(*scene.instances.report(
        make_instance_id(kApp, number),
        {.state = InstanceState::kFetching, .cannot_start = true, .reason = "no route"},
        kNow.wall));
    (void)scene.work();
    scene.now.mono += spec(1).placement_deadline;
    (void)scene.work();
  };
  cannot_start(1);
  EXPECT_EQ(scene.instance(2).replaces, scene.instance(1).id);
  EXPECT_NE(scene.instance(2).node, home);
  EXPECT_EQ(scene.workloads.workload(kApp).phase, WorkloadPhase::kDeployed);
}

TEST(WorkExecutor, AReleaseThatTwoNodesCannotStartFails) {
  Scene scene;
  scene.run(spec(1));
  scene.deploy(spec(1, 'b'));
  scene.built();
  (void)scene.work();
  for (std::uint64_t number : {2U, 3U}) {
    ASSERT_EQ(scene.workloads.workload(kApp).phase, WorkloadPhase::kRollingOut);
    scene.changes.on(*scene.instances.report(
        make_instance_id(kApp, number),
        {.state = InstanceState::kStarting, .cannot_start = true, .reason = "no such device"},
        kNow.wall));
    (void)scene.work();
    scene.now.mono += spec(1).placement_deadline;
    (void)scene.work();
  }
  const Workload& workload = scene.workloads.workload(kApp);
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_THAT(workload.reason, HasSubstr("no such device"));
  scene.settle();
  EXPECT_EQ(scene.count(), 1U);
  EXPECT_EQ(scene.instance(1).generation, Generation{1});
}

TEST(WorkExecutor, ADegradedInstanceIsReplacedUntilTheBudgetIsSpent) {
  Scene scene;
  scene.run(spec(1));
  const std::uint64_t replacements = ReplacementBudget::kReplacementsMax;
  for (std::uint64_t number = 1; number <= replacements + 1; ++number) {
    scene.changes.on(*scene.instances.report(make_instance_id(kApp, number),
                                             {.state = InstanceState::kRunning,
                                              .container = {"c"},
                                              .health = Health::kDegraded,
                                              .must_be_replaced = true},
                                             kNow.wall));
    (void)scene.work();
    const bool was_last = number == replacements + 1;
    EXPECT_EQ(scene.count(), was_last ? 1U : 2U) << number;
    const bool is_reported = std::any_of(
        scene.events.begin(), scene.events.end(),
        [](const ClusterEvent& event) { return event.type == EventType::kWorkloadDegraded; });
    EXPECT_EQ(is_reported, number == replacements) << number;
    if (was_last) break;
    scene.report(make_instance_id(kApp, number + 1), InstanceState::kRunning);
    (void)scene.work();
    EXPECT_EQ(scene.instance(number).desired_state, DesiredState::kStop);
    scene.changes.on(scene.instances.forget(make_instance_id(kApp, number)));
    (void)scene.work();
  }
}

TEST(WorkExecutor, WorkThatIsBoundToItsNodeIsReplacedThereInTheRoomItReleases) {
  Scene scene;
  WorkloadSpec bound = spec(1, 'a', 900);
  bound.on_node_lost = NodeLossPolicy::kStay;
  scene.run(bound);
  const NodeName home = *scene.instance(1).node;
  for (char letter = 'b'; letter < 'f'; ++letter) {
    bound.bundle = bundle(letter);
    scene.run(bound);
    ASSERT_EQ(scene.count(), 1U);
    const Instance& instance = scene.instances.rows().begin()->second;
    EXPECT_EQ(instance.node, home) << "bundle " << letter;
    EXPECT_EQ(instance.status.state, InstanceState::kRunning);
  }
}

TEST(WorkExecutor, AWorkloadIsRetiredOnceItsLastInstanceIsGone) {
  Scene scene;
  scene.run(spec(2));
  (void)scene.workloads.remove(kApp);
  scene.changes.reconcile(kApp);
  (void)scene.work();
  EXPECT_NE(scene.workloads.find(kApp), nullptr) << "its containers are still there";
  scene.settle();
  EXPECT_EQ(scene.workloads.find(kApp), nullptr);

  scene.run(spec(0), kOther);
  (void)scene.workloads.remove(kOther);
  scene.changes.reconcile(kOther);
  (void)scene.work();
  EXPECT_EQ(scene.workloads.find(kOther), nullptr) << "it never had any";
  ASSERT_THAT(scene.events, SizeIs(1));
  EXPECT_EQ(scene.events.front().type, EventType::kWorkloadRemoved);
}

// Images that are kept ready. ---------------------------------------------------------------------

TEST(WorkExecutor, OneNodeMoreThanNeededIsAssignedTheImage) {
  Scene scene;
  scene.deploy(spec(2));
  scene.built();
  (void)scene.work();
  EXPECT_EQ(scene.warm_images.holder_of(kApp), kC);
  EXPECT_TRUE(scene.assigned.contains(kC));
  scene.transition_to(kC, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.warm_images.holder_of(kApp), std::nullopt);
  EXPECT_THAT(scene.warm_images.lacking(), ElementsAre(kApp));
  scene.transition_to(kC, NodeState::kLive);
  (void)scene.work();
  EXPECT_EQ(scene.warm_images.holder_of(kApp), kC) << "it had no holder";
}

// What it examines. -------------------------------------------------------------------------------

TEST(WorkExecutor, ExaminesNothingThatIsNotMarked) {
  Scene scene;
  scene.run(spec(1));
  scene.deploy(spec(1, 'b'), kOther);
  (void)scene.work();
  (void)scene.fleet.node(kA).transition_to(NodeState::kDead, "", kNow);
  (void)scene.fleet.node(kA).take_changed();
  EXPECT_THAT(scene.work(), IsEmpty());
  EXPECT_THAT(scene.assigned, IsEmpty());
}

// Goal: whatever is requested and whatever happens to the nodes, in any order, a step leaves
// nothing to be done: examining everything again changes nothing. Once nodes are well and obey,
// what runs is what is wanted.
RC_GTEST_PROP(WorkExecutorProperties, AStepLeavesNothingToBeDone, ()) {
  Scene scene;
  const int length = *rc::gen::inRange(1, 25);
  for (int i = 0; i < length; ++i) {
    const WorkloadName name = *rc::gen::element(kApp, kOther);
    const NodeName node = *rc::gen::element(kA, kB, kC);
    const Workload* workload = scene.workloads.find(name);
    switch (*rc::gen::inRange(0, 6)) {
      case 0: {
        WorkloadSpec wanted = spec(*rc::gen::inRange(0U, 4U), *rc::gen::element('a', 'b'),
                                   *rc::gen::element(0U, 400U, 800U));
        if (*rc::gen::inRange(0, 4) == 0) wanted.on_node_lost = NodeLossPolicy::kStay;
        if (*rc::gen::inRange(0, 4) == 0) wanted.node = node;
        if (*rc::gen::inRange(0, 4) == 0) {
          wanted.instance.container.ports = {{.host_port = 80, .container_port = 80}};
          wanted.instance.replace = ReplaceOrder::kStopFirst;
        }
        if (name == kApp && *rc::gen::inRange(0, 4) == 0) {
          wanted.after = {{.workload = kOther, .restart_with_it = *rc::gen::arbitrary<bool>()}};
        }
        scene.deploy(wanted, name);
        break;
      }
      case 1:
        if (workload != nullptr && workload->phase == WorkloadPhase::kBuilding) scene.built(name);
        break;
      case 2:
        if (*rc::gen::arbitrary<bool>() ? scene.workloads.stop(name).has_value()
                                        : scene.workloads.remove(name).has_value()) {
          scene.changes.on_workload_changed(name);
          scene.changes.reconcile(name);
        }
        break;
      case 3: {
        const NodeState state =
            *rc::gen::element(NodeState::kLive, NodeState::kSuspect, NodeState::kDead);
        if (scene.fleet.state_of(node) != state) scene.transition_to(node, state);
        break;
      }
      default:
        if (scene.fleet.state_of(node) == NodeState::kLive) scene.obey(node);
    }
    (void)scene.work();
    RC_ASSERT(scene.port_has_one_holder());
    for (const auto& [one, row] : scene.workloads.rows()) {
      scene.changes.reconcile(one);
      scene.changes.review_warm_image(one);
    }
    scene.changes.on_room_changed();
    const InstanceTable::State instances = scene.instances.save();
    const WarmImages::State warm_images = scene.warm_images.save();
    const BuildBoard builds = scene.builds;
    (void)scene.work();
    RC_ASSERT(scene.instances.save() == instances);
    RC_ASSERT(scene.warm_images.save() == warm_images);
    RC_ASSERT(scene.builds == builds);
  }
  for (const NodeName& node : {kA, kB, kC}) {
    if (scene.fleet.state_of(node) != NodeState::kLive) scene.transition_to(node, NodeState::kLive);
  }
  scene.settle();
  for (const auto& [id, instance] : scene.instances.rows()) {
    const Workload& workload = scene.workloads.workload(instance.workload);
    RC_ASSERT(keeps_running(workload));
    if (instance.node) RC_ASSERT(instance.status.state == InstanceState::kRunning);
  }
  for (const auto& [name, workload] : scene.workloads.rows()) {
    const std::size_t wanted = keeps_running(workload) ? workload.current->spec.instances : 0;
    std::size_t unplaced = 0;
    for (const InstanceId& id : scene.instances.of_workload(name)) {
      unplaced += scene.instances.instance(id).node ? 0 : 1;
    }
    if (unplaced == 0) RC_ASSERT(scene.count(name) == wanted);
  }
}

}  // namespace
}  // namespace hearth::core
