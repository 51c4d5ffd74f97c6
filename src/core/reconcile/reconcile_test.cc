#include "core/reconcile/reconcile.h"

#include <algorithm>
#include <list>
#include <map>

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;

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
    return reconcile(workload, all,
                     {.state_of = [this](const NodeName& node) { return nodes.at(node); },
                      .is_overdue = [this](const InstanceId& one) { return overdue.contains(one); },
                      .may_replace = may_replace,
                      .must_wait = must_wait});
  }

  Workload workload{.name = kName};
  std::list<Instance> instances;
  std::set<InstanceId> overdue;
  bool may_replace = true;
  bool must_wait = false;
  std::map<NodeName, NodeState> nodes{
      {kA, NodeState::kLive}, {kB, NodeState::kLive}, {kC, NodeState::kLive}};
};

InstanceId id(std::uint64_t number) {
  return make_instance_id(kName, number);
}

/// The plan to replace the instance of that number.
std::vector<NewInstance> moves(std::uint64_t number, MoveReason reason,
                               MoveStyle style = MoveStyle::kStartFirst) {
  return {{.move = Move{id(number), reason, style}}};
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

TEST(Reconcile, KeepsTheRunningInstanceWithItsReplacementWhenFewerAreWanted) {
  Scene scene(1);
  scene.workload.current->generation = {2};
  Instance& starting = scene.add(1, kA, InstanceState::kStarting);
  starting.generation = {2};
  scene.add(2, kB);
  Instance& replacement = scene.add(3, kC, InstanceState::kStarting);
  replacement.generation = {2};
  replacement.replaces = id(2);
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)}) << "the serving one keeps its replacement";
}

TEST(Reconcile, WhatCameBeforeAStoppedLinkOfAChainIsAPlaceOfItsOwn) {
  Scene scene(1);
  scene.workload.current->generation = {2};
  scene.add(1, kA);
  scene.add(2, kA, InstanceState::kCrashLoop).replaces = id(1);
  Instance& starting = scene.add(3, kB, InstanceState::kStarting);
  starting.generation = {2};
  starting.replaces = id(2);
  EXPECT_EQ(scene.plan().stop, (std::vector{id(2), id(3)})) << "the one that serves is kept";
}

TEST(Reconcile, AnInstanceOnADeadNodeIsReplacedAndStopsOnlyOnceTheReplacementRuns) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kLost);
  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kNodeLost));

  Instance& replacement = scene.add(2, kB, InstanceState::kStarting);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty()) << "nothing stops before the replacement runs";

  replacement.status.state = InstanceState::kRunning;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, AnInstanceThatComesBackServesUntilItsReplacementRuns) {
  Scene scene(1);
  scene.add(1, kA);
  Instance& replacement = scene.add(2, kB, InstanceState::kStarting);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  replacement.status.state = InstanceState::kRunning;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, AReplacementWithoutANodeIsWithdrawnWhenTheOldInstanceComesBack) {
  Scene scene(1);
  scene.add(1, kA);
  scene.add(2, std::nullopt, InstanceState::kPending).replaces = id(1);
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

TEST(Reconcile, WorkOfASuspectNodeIsStagedElsewherePromotedOnDeathWithdrawnOnReturn) {
  Scene scene(1);
  scene.add(1, kA);
  scene.nodes[kA] = NodeState::kSuspect;
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kNodeSilent, MoveStyle::kStageFirst));

  Instance& staged = scene.add(2, kB, InstanceState::kStaged);
  staged.desired_state = DesiredState::kStage;
  staged.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());

  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().promote, std::vector{id(2)});

  scene.nodes[kA] = NodeState::kLive;
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

TEST(Reconcile, WorkOfAnUnreachableNodeStaysWhereItIs) {
  Scene scene(1);
  scene.add(1, kA);
  scene.nodes[kA] = NodeState::kUnreachable;
  EXPECT_TRUE(scene.plan().empty());
}

TEST(Reconcile, WorkThatIsBoundToItsNodeWaitsForIt) {
  Scene scene(1);
  scene.workload.current->spec.on_node_lost = NodeLossPolicy::kStay;
  scene.add(1, kA, InstanceState::kLost);
  for (const NodeState state : {NodeState::kSuspect, NodeState::kDead, NodeState::kAgentDown}) {
    scene.nodes[kA] = state;
    EXPECT_TRUE(scene.plan().empty());
  }
}

TEST(Reconcile, ALostReplacementIsReplacedAndTheChainStaysOnePlace) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kLost);
  scene.add(2, kB, InstanceState::kLost).replaces = id(1);
  scene.nodes[kA] = scene.nodes[kB] = NodeState::kDead;
  EXPECT_EQ(scene.plan().create, moves(2, MoveReason::kNodeLost));

  scene.add(3, kC).replaces = id(2);
  EXPECT_EQ(scene.plan().stop, (std::vector{id(2), id(1)}));
}

TEST(Reconcile, AnOlderGenerationIsReplacedOneAtATimeNewBeforeOld) {
  Scene scene(2);
  scene.workload.current->generation = {2};
  scene.add(1, kA);
  scene.add(2, kB);
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kRelease));

  Instance& next = scene.add(3, kC, InstanceState::kStarting);
  next.generation = {2};
  next.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  next.status.state = InstanceState::kRunning;
  const WorkPlan plan = scene.plan();
  EXPECT_EQ(plan.stop, std::vector{id(1)});
  EXPECT_EQ(plan.create, moves(2, MoveReason::kRelease));
}

TEST(Reconcile, TheStagedReplacementOfAStoppedInstanceIsWithdrawnAndIsNoPlace) {
  Scene scene(1);
  scene.nodes[kA] = NodeState::kUnreachable;
  scene.add(1, kA).desired_state = DesiredState::kStop;
  Instance& staged = scene.add(2, kB, InstanceState::kStaged);
  staged.desired_state = DesiredState::kStage;
  staged.replaces = id(1);
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
  EXPECT_EQ(scene.plan().create, std::vector<NewInstance>(1));
}

TEST(Reconcile, AReleaseThatNeverRanDoesNotBlockTheNext) {
  Scene scene(1);
  scene.workload.current->generation = {3};
  scene.add(1, kA);
  Instance& broken = scene.add(2, kB, InstanceState::kCrashLoop);
  broken.generation = {2};
  broken.replaces = id(1);
  EXPECT_EQ(scene.plan().stop, std::vector{id(2)});
}

/// Generation 2 replaces generation 1.
Scene rolling(std::uint32_t wanted) {
  Scene scene(wanted);
  scene.workload.phase = WorkloadPhase::kRollingOut;
  scene.workload.next = scene.workload.current;
  scene.workload.next->generation = {2};
  return scene;
}

TEST(Reconcile, ARollOutGoesOnOnlyOnceTheReplacementIsReady) {
  Scene scene = rolling(2);
  scene.add(1, kA);
  scene.add(2, kB);
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kRelease));
  Instance& replacement = scene.add(3, kC);
  replacement.generation = {2};
  replacement.replaces = id(1);
  replacement.status.health = Health::kStarting;
  EXPECT_TRUE(scene.plan().empty()) << "it runs, but is not ready";
  replacement.status.health = Health::kReady;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
  EXPECT_EQ(scene.plan().create, moves(2, MoveReason::kRelease));
}

TEST(Reconcile, AFailedReleaseIsTakenBackAndTheGoodInstancesStay) {
  Scene scene = rolling(2);
  scene.add(1, kA);
  scene.add(2, kB).generation = {2};
  Instance& failed = scene.add(3, kC, InstanceState::kBackoff);
  failed.generation = {2};
  failed.replaces = id(1);
  scene.workload.phase = WorkloadPhase::kFailed;
  const WorkPlan plan = scene.plan();
  EXPECT_THAT(plan.stop, ElementsAre(id(3)));
  EXPECT_TRUE(plan.create.empty()) << "one at a time";
  scene.instances.pop_back();
  EXPECT_EQ(scene.plan().create, moves(2, MoveReason::kRelease));
}

TEST(Reconcile, WhatMustNotRunTwiceStopsBeforeItsReplacementStarts) {
  Scene scene = rolling(2);
  scene.workload.next->spec.instance.replace = ReplaceOrder::kStopFirst;
  Instance& first = scene.add(1, kA);
  scene.add(2, kB);
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
  EXPECT_TRUE(scene.plan().create.empty());
  first.desired_state = DesiredState::kStop;
  EXPECT_TRUE(scene.plan().empty()) << "it still runs, and the other one serves until it has a "
                                       "successor";
  scene.instances.pop_front();
  EXPECT_EQ(scene.plan().create.size(), 1U);
  EXPECT_TRUE(scene.plan().stop.empty()) << "not before the new one is ready";
  Instance& fresh = scene.add(3, kA, InstanceState::kStarting);
  fresh.generation = {2};
  EXPECT_TRUE(scene.plan().empty());
  fresh.status.state = InstanceState::kRunning;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(2)));
}

// Goal: a release that failed is replaced back one instance at a time, too.
TEST(Reconcile, WhatStopsFirstIsReplacedBackOneAtATime) {
  Scene scene = rolling(2);
  scene.workload.phase = WorkloadPhase::kFailed;
  scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  scene.add(1, kA).generation = {2};
  scene.add(2, kB).generation = {2};
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
  scene.instances.pop_front();
  scene.add(3, kA, InstanceState::kStarting);
  EXPECT_TRUE(scene.plan().empty());
  scene.instances.back().status.state = InstanceState::kRunning;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(2)));
}

TEST(Reconcile, AnInstanceThatItsNodeCannotStartGoesElsewhere) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kFetching);
  EXPECT_TRUE(scene.plan().empty());
  scene.overdue.insert(id(1));
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kCannotStart));
  Instance& replacement = scene.add(2, kB, InstanceState::kAssigned);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  replacement.status.state = InstanceState::kRunning;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

TEST(Reconcile, ADegradedInstanceStopsOnceItsReplacementIsReady) {
  Scene scene(2);
  Instance& degraded = scene.add(1, kA);
  scene.add(2, kB);
  degraded.status.must_be_replaced = true;
  scene.may_replace = false;
  EXPECT_TRUE(scene.plan().empty()) << "the budget is used up";
  scene.may_replace = true;
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kDegraded));
  Instance& replacement = scene.add(3, kC, InstanceState::kAssigned);
  replacement.replaces = id(1);
  EXPECT_TRUE(scene.plan().empty());
  degraded.status.must_be_replaced = false;
  EXPECT_TRUE(scene.plan().empty()) << "it is well again, but the replacement is starting";
  replacement.status.state = InstanceState::kRunning;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

TEST(Reconcile, ACrashLoopIsTriedOnceOnAnotherNode) {
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

TEST(Reconcile, ALastTryThatRunsTakesOver) {
  Scene scene(1);
  scene.add(1, kA, InstanceState::kCrashLoop);
  Instance& tried = scene.add(2, kB);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

// Goal: what runs is not stopped for something that does not. Method: the first instance runs, and
// it is not known yet how well.
TEST(Reconcile, AnInstanceThatRunsAgainIsAwaitedBesideALastTryThatGaveUp) {
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

TEST(Reconcile, ALastTryIsWithdrawnIfTheFirstInstanceIsWellAgain) {
  Scene scene(1);
  scene.add(1, kA);
  Instance& tried = scene.add(2, kB, InstanceState::kCrashLoop);
  tried.replaces = id(1);
  tried.is_last_try = true;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(2)));
}

TEST(Reconcile, ACrashLoopStaysWhereItIsTiedOrAReleaseIsJudgedByIt) {
  const std::function<void(Scene&)> ties[] = {
      [](Scene& scene) { scene.workload.current->spec.on_node_lost = NodeLossPolicy::kStay; },
      [](Scene& scene) { scene.workload.current->spec.node = kA; },
      [](Scene& scene) {
        scene.workload.current->spec.instance.container.devices = {{"/dev/x", "/dev/x"}};
      },
      [](Scene& scene) {
        scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
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

TEST(Reconcile, WhatMustNotRunTwiceIsNotStoppedForAReplacementThatWouldWait) {
  Scene scene = rolling(1);
  scene.workload.next->spec.instance.replace = ReplaceOrder::kStopFirst;
  scene.add(1, kA);
  scene.must_wait = true;
  EXPECT_TRUE(scene.plan().empty());
  scene.must_wait = false;
  EXPECT_THAT(scene.plan().stop, ElementsAre(id(1)));
}

TEST(Reconcile, WorkOfALostNodeIsNotAwaitedThereOnceItsWorkloadNamesAnotherNode) {
  Scene scene(1);
  scene.workload.current->spec.on_node_lost = NodeLossPolicy::kStay;
  scene.workload.current->spec.node = kB;
  scene.add(1, kA, InstanceState::kLost);
  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().create, moves(1, MoveReason::kNodeLost));
}

TEST(Reconcile, AStoppedWorkloadStopsAllAndForgetsWhatNoLiveNodeHas) {
  Scene scene(2);
  scene.workload.phase = WorkloadPhase::kStopped;
  scene.add(1, kA);
  scene.add(2, std::nullopt, InstanceState::kPending);
  EXPECT_EQ(scene.plan().stop, (std::vector{id(1), id(2)}));

  for (Instance& instance : scene.instances) instance.desired_state = DesiredState::kStop;
  EXPECT_EQ(scene.plan().forget, std::vector{id(2)}) << "a live node must confirm first";
  scene.nodes[kA] = NodeState::kDead;
  EXPECT_EQ(scene.plan().forget, (std::vector{id(1), id(2)}));
}

TEST(Reconcile, TheCurrentGenerationIsKeptWhileANewOneIsBuiltOrFailed) {
  for (const WorkloadPhase phase : {WorkloadPhase::kBuilding, WorkloadPhase::kFailed}) {
    Scene scene(1);
    scene.workload.phase = phase;
    EXPECT_EQ(scene.plan().create.size(), 1U);
    scene.workload.current.reset();
    EXPECT_TRUE(scene.plan().empty());
  }
}

// Properties. -------------------------------------------------------------------------------------

/// A workload of any history on nodes in any state; its plans can be carried out, and every created
/// container started.
class AnyScene : public Scene {
 public:
  AnyScene() : Scene(*rc::gen::inRange(0U, 5U)) {
    workload.current->generation = {2};
    for (auto& [name, state] : nodes) state = any_state();
    nodes[kC] = NodeState::kLive;
    const int count = *rc::gen::inRange(0, 8);
    for (int i = 0; i < count; ++i) add_any();
  }

  bool runs(const Instance& instance) const {
    return instance.desired_state == DesiredState::kRun &&
           instance.status.state == InstanceState::kRunning &&
           nodes.at(*instance.node) != NodeState::kDead;
  }

  /// Removes the containers of stopped instances where their node can confirm it.
  void carry_out(const WorkPlan& plan) {
    for (const InstanceId& gone : plan.forget)
      std::erase_if(instances, [&](const Instance& one) { return one.id == gone; });
    for (const InstanceId& reported : plan.stop) find(reported).desired_state = DesiredState::kStop;
    for (const InstanceId& reported : plan.promote)
      find(reported).desired_state = DesiredState::kRun;
    for (const NewInstance& wanted : plan.create) {
      Instance& made = add(next_++, kC, InstanceState::kStarting);
      made.generation = {2};
      made.desired_state = wanted.desired_state();
      made.replaces = wanted.replaces();
    }
    std::erase_if(instances, [&](const Instance& one) {
      return one.desired_state == DesiredState::kStop && one.node &&
             nodes.at(*one.node) == NodeState::kLive;
    });
  }
  void start_all() {
    for (Instance& instance : instances) {
      if (!instance.node) instance.node = kC;
      if (nodes.at(*instance.node) == NodeState::kDead) continue;
      const bool is_staged = instance.desired_state == DesiredState::kStage;
      instance.status.state = is_staged ? InstanceState::kStaged : InstanceState::kRunning;
    }
  }

 private:
  static NodeState any_state() {
    return *rc::gen::element(NodeState::kLive, NodeState::kSuspect, NodeState::kAgentDown,
                             NodeState::kUnreachable, NodeState::kDead);
  }
  void add_any() {
    const auto place = *rc::gen::inRange(0, 4);
    const std::optional<NodeName> where = place == 3 ? std::nullopt
                                                     : std::optional(place == 0   ? kA
                                                                     : place == 1 ? kB
                                                                                  : kC);
    Instance& made = add(next_++, where,
                         *rc::gen::element(InstanceState::kRunning, InstanceState::kStarting,
                                           InstanceState::kLost, InstanceState::kCrashLoop));
    made.generation = {*rc::gen::inRange(1U, 3U)};
    made.desired_state = *rc::gen::element(DesiredState::kRun, DesiredState::kRun,
                                           DesiredState::kStop, DesiredState::kStage);
    if (!where && made.desired_state == DesiredState::kStage)
      made.desired_state = DesiredState::kRun;
    // At most one replacement each, of an earlier instance; a staged one is not replaced.
    const bool has_before = instances.size() > 1;
    if (!has_before || std::next(instances.rbegin())->desired_state == DesiredState::kStage) return;
    if (*rc::gen::arbitrary<bool>()) made.replaces = id(next_ - 2);
  }
  Instance& find(const InstanceId& wanted) {
    for (Instance& one : instances) {
      if (one.id == wanted) return one;
    }
    ADD_FAILURE() << "the plan names an instance that does not exist";
    return instances.front();
  }

  std::uint64_t next_ = 1;
};

// Goal: carrying out plans leads to a state whose plan is empty and in which as many run as wanted.
RC_GTEST_PROP(ReconcileProperties, PlansLeadToAStateThatNeedsNone, ()) {
  AnyScene scene;
  scene.start_all();
  int rounds = 0;
  for (WorkPlan plan = scene.plan(); !plan.empty(); plan = scene.plan()) {
    RC_ASSERT(++rounds < 40);
    scene.carry_out(plan);
    scene.start_all();
  }
  const auto wanted = scene.workload.current->spec.instances;
  std::uint32_t kept = 0;
  for (const Instance& one : scene.instances) {
    if (one.desired_state == DesiredState::kRun && scene.nodes.at(*one.node) != NodeState::kDead)
      ++kept;
  }
  RC_ASSERT(kept == wanted);
}

// Goal: what was adopted is stopped and kept while its workload is stopped, and let go only when
// that is removed.
TEST(Reconcile, AnAdoptedInstanceIsHeldWhileItsWorkloadIsStopped) {
  Scene scene(1);
  scene.workload.current->spec.instance.adopted = AdoptedContainer{.name = "pg"};
  Instance& one = scene.add(1, kA);
  scene.workload.phase = WorkloadPhase::kStopped;
  EXPECT_EQ(scene.plan().hold, std::vector{id(1)});
  EXPECT_TRUE(scene.plan().stop.empty());
  one.desired_state = DesiredState::kStage;
  EXPECT_TRUE(scene.plan().empty());
  scene.workload.phase = WorkloadPhase::kRemoving;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, AnAdoptedInstanceThatWasNeverPlacedIsNotHeld) {
  Scene scene(1);
  scene.workload.current->spec.instance.adopted = AdoptedContainer{.name = "pg"};
  scene.add(1, std::nullopt, InstanceState::kPending);
  scene.workload.phase = WorkloadPhase::kStopped;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
}

TEST(Reconcile, AHeldInstanceIsReplacedByThatOfTheNextRelease) {
  Scene scene(1);
  scene.workload.current->spec.instance.adopted = AdoptedContainer{.name = "pg"};
  scene.workload.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  scene.workload.current->generation = {2};
  Instance& held = scene.add(1, kA, InstanceState::kStaged);
  held.desired_state = DesiredState::kStage;
  EXPECT_EQ(scene.plan().stop, std::vector{id(1)});
  EXPECT_TRUE(scene.plan().create.empty()) << "it is let go first";
}

}  // namespace
}  // namespace hearth::core
