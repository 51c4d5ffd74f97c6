#include "core/reconcile/reconcile.h"

#include <list>
#include <map>

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

const WorkloadName kName = *WorkloadName::parse("heater");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
const NodeName kC = *NodeName::parse("c");

/// One workload on three nodes, as the reconciler sees it.
class Scene {
 public:
  explicit Scene(std::uint32_t wanted) {
    const Digest bundle = *Digest::parse("sha256:" + std::string(64, 'a'));
    workload.phase = WorkloadPhase::kDeployed;
    workload.current = Release{.generation = {1},
                               .spec = {.instances = wanted, .bundle = bundle},
                               .image = Image{"hearth/heater:1", {}}};
  }

  Instance& add(std::uint64_t number, std::optional<NodeName> node,
                InstanceState state = InstanceState::kRunning) {
    Instance instance{.id = make_instance_id(kName, number), .workload = kName, .generation = {1}};
    instance.node = std::move(node);
    instance.status.state = state;
    return instances.emplace_back(std::move(instance));
  }

  WorkPlan plan() const {
    std::vector<const Instance*> all;
    for (const Instance& instance : instances) all.push_back(&instance);
    return reconcile(workload, all, [this](const NodeName& node) { return nodes.at(node); });
  }

  Workload workload{.name = kName};
  std::list<Instance> instances;
  std::map<NodeName, NodeState> nodes{
      {kA, NodeState::kLive}, {kB, NodeState::kLive}, {kC, NodeState::kLive}};
};

InstanceId id(std::uint64_t number) {
  return make_instance_id(kName, number);
}

TEST(Reconcile, AConvergedStateNeedsNothing) {
  Scene scene(2);
  scene.add(1, kA);
  scene.add(2, kB);
  EXPECT_TRUE(scene.plan().empty());
}

TEST(Reconcile, CreatesWhatIsMissingAndStopsTheSurplusThatRunsLeast) {
  Scene scene(3);
  scene.add(1, kA, InstanceState::kBackoff);
  scene.add(2, kB);
  EXPECT_EQ(scene.plan().create, std::vector<NewInstance>(1));

  scene.workload.current->spec.instances = 1;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, ADeadNodesInstanceIsReplacedAndStopsOnlyOnceTheReplacementRuns) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kLost);
  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().create, (std::vector<NewInstance>{{InstanceDesire::kRun, id(1)}}));

  Instance& replacement = scene.add(2, kB, InstanceState::kStarting);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty()) << "nothing stops before the replacement runs";

  replacement.status.state = InstanceState::kRunning;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, ACopyThatComesBackServesUntilItsReplacementRuns) {
  Scene scene(1);
  scene.add(1, kA);
  Instance& replacement = scene.add(2, kB, InstanceState::kStarting);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  replacement.status.state = InstanceState::kRunning;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, AReplacementWithoutANodeIsWithdrawnWhenTheOldCopyComesBack) {
  Scene scene(1);
  scene.add(1, kA);
  scene.add(2, std::nullopt, InstanceState::kPending).replaces = id(1);
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

TEST(Reconcile, ASuspectNodesWorkIsStagedElsewherePromotedOnDeathWithdrawnOnReturn) {
  Scene scene(1);
  scene.add(1, kA);
  scene.nodes[kA] = NodeState::kSuspect;
  EXPECT_EQ(scene.plan().create, (std::vector<NewInstance>{{InstanceDesire::kStage, id(1)}}));

  Instance& staged = scene.add(2, kB, InstanceState::kStaged);
  staged.desire = InstanceDesire::kStage;
  staged.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());

  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().promote, std::vector{id(2)});

  scene.nodes[kA] = NodeState::kLive;
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

TEST(Reconcile, AnUnreachableNodesWorkStaysWhereItIs) {
  Scene scene(1);
  scene.add(1, kA);
  scene.nodes[kA] = NodeState::kUnreachable;
  EXPECT_TRUE(scene.plan().empty());
}

TEST(Reconcile, WhatIsBoundToItsNodeWaitsForIt) {
  Scene scene(1);
  scene.workload.current->spec.on_node_lost = NodeLossPolicy::kStay;
  scene.add(1, kA, InstanceState::kLost);
  for (const NodeState state : {NodeState::kSuspect, NodeState::kDead, NodeState::kAgentDown}) {
    scene.nodes[kA] = state;
    EXPECT_TRUE(scene.plan().empty());
  }
}

TEST(Reconcile, AReplacementThatIsLostItselfIsReplacedAndTheChainStaysOnePlace) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kLost);
  scene.add(2, kB, InstanceState::kLost).replaces = id(1);
  scene.nodes[kA] = scene.nodes[kB] = NodeState::kDead;
  EXPECT_EQ(scene.plan().create, (std::vector<NewInstance>{{InstanceDesire::kRun, id(2)}}));

  scene.add(3, kC).replaces = id(2);
  EXPECT_EQ(scene.plan().stop, (std::vector{id(2), id(1)}));
}

TEST(Reconcile, AnOlderGenerationIsReplacedOneAtATimeNewBeforeOld) {
  Scene scene(2);
  scene.workload.current->generation = {2};
  scene.add(1, kA);
  scene.add(2, kB);
  EXPECT_EQ(scene.plan().create, (std::vector<NewInstance>{{InstanceDesire::kRun, id(1)}}));

  Instance& next = scene.add(3, kC, InstanceState::kStarting);
  next.generation = {2};
  next.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  next.status.state = InstanceState::kRunning;
  const WorkPlan plan = scene.plan();
  EXPECT_EQ(plan.stop, std::vector{id(1)});
  EXPECT_EQ(plan.create, (std::vector<NewInstance>{{InstanceDesire::kRun, id(2)}}));
}

TEST(Reconcile, AReleaseThatNeverRanDoesNotStandInTheWayOfTheNext) {
  Scene scene(1);
  scene.workload.current->generation = {3};
  scene.add(1, kA);
  Instance& broken = scene.add(2, kB, InstanceState::kCrashLoop);
  broken.generation = {2};
  broken.replaces = id(1);
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

TEST(Reconcile, AStoppedWorkloadStopsAllAndForgetsWhatNobodyCouldKnowOf) {
  Scene scene(2);
  scene.workload.phase = WorkloadPhase::kStopped;
  scene.add(1, kA);
  scene.add(2, std::nullopt, InstanceState::kPending);
  EXPECT_EQ(scene.plan().stop, (std::vector{id(1), id(2)}));

  for (Instance& instance : scene.instances) instance.desire = InstanceDesire::kStop;
  EXPECT_EQ(scene.plan().forget, std::vector{id(2)}) << "a live node must confirm first";
  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().forget, (std::vector{id(1), id(2)}));
}

TEST(Reconcile, WhileANewGenerationIsBuiltOrFailedTheCurrentOneIsKept) {
  for (const WorkloadPhase phase : {WorkloadPhase::kBuilding, WorkloadPhase::kFailed}) {
    Scene scene(1);
    scene.workload.phase = phase;
    EXPECT_EQ(scene.plan().create.size(), 1U);
    scene.workload.current.reset();
    EXPECT_TRUE(scene.plan().empty());
  }
}

}  // namespace
}  // namespace hearth::core
