// Goal: a checker that cannot fail proves nothing. Method: each promise is broken on purpose.

#include "sim/checker.h"

#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

using core::ManagerBatch;
using std::chrono::seconds;

const NodeName kNode = *NodeName::parse("node1");
const WorkloadName kApp = *WorkloadName::parse("app");
const Digest kBundle = *Digest::parse("sha256:" + std::string(64, 'a'));

class CheckerTest : public testing::Test {
 protected:
  CheckerTest() { checker_.begin({kNode}); }

  void lose_bus() {
    carries_ = false;
    carried_until_ = world_.now();
  }
  void pass(Duration duration) { world_.run_until(world_.now() + duration); }
  std::string broken() const { return world_.violation() ? world_.violation()->property : ""; }

  static Node node(NodeState state) {
    return {.name = kNode, .display_name = "", .agent = {}, .state = state};
  }
  static Instance instance(DesiredState state) {
    Instance instance{.id = {"app-1"}, .workload = kApp, .generation = {1}, .node = kNode};
    instance.desired_state = state;
    return instance;
  }
  static Assignment assignment(std::uint64_t epoch, std::uint64_t revision,
                               std::vector<AssignedInstance> instances = {}) {
    return {.node = kNode,
            .number = {{epoch}, {revision}},
            .heartbeat_interval = {},
            .instances = std::move(instances),
            .images = {},
            .builds = {}};
  }
  static Heartbeat applied(std::uint64_t revision) {
    Heartbeat heartbeat;
    heartbeat.applied = {{1}, {revision}};
    return heartbeat;
  }

  /// One instance, serving or not.
  static Instance one(std::uint64_t number, InstanceState state,
                      DesiredState desired_state = DesiredState::kRun) {
    Instance instance{.id = make_instance_id(kApp, number),
                      .workload = kApp,
                      .generation = {1},
                      .node = kNode,
                      .desired_state = desired_state};
    instance.status.state = state;
    return instance;
  }
  static Workload workload(std::uint32_t instances) {
    Workload workload{.name = kApp, .phase = WorkloadPhase::kDeployed};
    workload.current = Release{.generation = {1},
                               .spec = {.instances = instances, .bundle = kBundle},
                               .image = std::nullopt};
    return workload;
  }
  /// Stores both; the second replaces the first.
  void given(std::uint32_t wanted, const Instance& first, Instance second) {
    second.replaces = first.id;
    store_.commit({PutNode{node(NodeState::kLive)}, PutWorkload{workload(wanted)},
                   PutInstance{first}, PutInstance{second}});
  }
  void switch_off(std::uint32_t attempt) {
    checker_.on_batch(
        {.writes = {}, .actions = {core::SwitchPower{kNode, PowerVerb::kOff, attempt}}});
    checker_.on_switch(kNode, PowerVerb::kOff);
  }
  void stop(Instance instance) {
    instance.desired_state = DesiredState::kStop;
    checker_.on_batch({.writes = {PutInstance{instance}}, .actions = {}});
  }
  static Assignment ordered_build(const BuildOrder& order) {
    return {.node = kNode,
            .number = {{1}, {1}},
            .heartbeat_interval = {},
            .instances = {},
            .images = {},
            .builds = {order}};
  }

  bool well_ = true;
  bool dialled_ = true;
  bool receives_ = true;
  bool carries_ = true;
  MonoTime carried_until_{};
  std::set<InstanceId> crashed_;
  std::set<InstanceId> doubled_;
  std::map<NodeName, std::vector<Checker::RunningBits>> running_;
  World world_{1, {}};
  StoredState store_;
  Checker checker_{world_,
                   store_,
                   {.is_well = [this](const NodeName&) { return well_; },
                    .can_be_dialled = [this](const NodeName&) { return dialled_; },
                    .can_be_received = [this](const NodeName&) { return receives_; },
                    .bus_carries = [this] { return carries_; },
                    .carried_until = [this] { return carried_until_; },
                    .manager_works = [] { return true; },
                    .has_crashed = [this](const InstanceId& id) { return crashed_.contains(id); },
                    .doubled = [this](const NodeName&) { return doubled_; },
                    .running = [this](const NodeName& name) { return running_[name]; }}};
};

TEST_F(CheckerTest, DetectsADeadVerdictOnANodeThatCanBeDialled) {
  receives_ = false;
  pass(seconds(1));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "dead-though-dialled");
}

TEST_F(CheckerTest, DetectsADeadVerdictOnANodeWhoseHeartbeatsArrive) {
  dialled_ = false;
  pass(seconds(2));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "dead-though-received");
}

TEST_F(CheckerTest, DetectsAReleaseThatFailsThoughNothingOfItCrashed) {
  Workload failed = workload(1);
  failed.phase = WorkloadPhase::kFailed;
  failed.reason = "'app-2' on 'node1' failed: it ended with exit code 1";
  crashed_.insert({"app-2"});
  checker_.on_batch({.writes = {PutWorkload{failed}}, .actions = {}});
  EXPECT_EQ(broken(), "");
  crashed_.clear();
  checker_.on_batch({.writes = {PutWorkload{failed}}, .actions = {}});
  EXPECT_EQ(broken(), "release-fails-by-itself");
}

TEST_F(CheckerTest, AllowsAVerdictFromJustBeforeTheNodeAnsweredAgain) {
  receives_ = dialled_ = false;
  pass(seconds(5));
  dialled_ = true;
  pass(std::chrono::milliseconds(500));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, AllowsADeadNodeToBeJudgedDead) {
  receives_ = dialled_ = false;
  pass(seconds(5));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, DetectsAVerdictWhileBlind) {
  well_ = false;
  lose_bus();
  pass(seconds(3));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kSuspect)}}, .actions = {}});
  EXPECT_EQ(broken(), "blind-judges-nobody");
}

TEST_F(CheckerTest, DetectsAVerdictFromASilenceWhileBlind) {
  lose_bus();
  pass(seconds(3));
  carries_ = true;
  pass(std::chrono::milliseconds(500));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kSuspect)}}, .actions = {}});
  EXPECT_EQ(broken(), "blind-judges-nobody");
}

// Goal: a moment in which the bus carries counts, however short, since the manager noticed it.
TEST_F(CheckerTest, AllowsAVerdictIfTheBusCarriedForAMomentInBetween) {
  lose_bus();
  pass(seconds(3));
  lose_bus();  // It carried until now.
  pass(std::chrono::milliseconds(300));
  carries_ = true;
  pass(std::chrono::milliseconds(500));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kSuspect)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, AllowsAVerdictFromASilenceAfterTheBusCarriesAgain) {
  lose_bus();
  pass(seconds(3));
  carries_ = true;
  pass(seconds(2));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kSuspect)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, DetectsAPowerSwitchThatIsNotStored) {
  well_ = false;
  store_.commit({PutNode{node(NodeState::kDead)}});
  switch_off(1);
  EXPECT_EQ(broken(), "power-off-only-dead");
}

TEST_F(CheckerTest, DetectsAPowerSwitchOfAWellNode) {
  Node dead = node(NodeState::kDead);
  dead.recovery = {.phase = RecoveryPhase::kSwitchingOff, .attempt = 1, .reason = ""};
  store_.commit({PutNode{dead}});
  pass(seconds(10));
  switch_off(1);
  EXPECT_EQ(broken(), "power-off-only-dead");
}

TEST_F(CheckerTest, DetectsAPowerSwitchOfAnAttemptThatIsNotStored) {
  well_ = false;
  Node dead = node(NodeState::kDead);
  dead.recovery = {.phase = RecoveryPhase::kSwitchingOff, .attempt = 1, .reason = ""};
  store_.commit({PutNode{dead}});
  switch_off(1);
  EXPECT_EQ(broken(), "");
  switch_off(2);
  EXPECT_EQ(broken(), "power-off-only-dead");
}

TEST_F(CheckerTest, DetectsAnAssignmentThatIsNotStored) {
  store_.commit({PutEpoch{{1}}, PutInstance{instance(DesiredState::kStop)}});
  checker_.on_assignment(assignment(1, 1,
                                    {{.id = {"app-1"},
                                      .workload = kApp,
                                      .generation = {1},
                                      .desired_state = DesiredState::kRun,
                                      .image = {},
                                      .spec = {}}}));
  EXPECT_EQ(broken(), "stored-before-published");
}

TEST_F(CheckerTest, DetectsAnAssignmentThatGoesBack) {
  store_.commit({PutEpoch{{1}}});
  checker_.on_assignment(assignment(1, 2));
  checker_.on_assignment(assignment(1, 1));
  EXPECT_EQ(broken(), "assignment-goes-forward");
}

TEST_F(CheckerTest, DetectsAnEpochThatIsNotStored) {
  store_.commit({PutEpoch{{1}}});
  checker_.on_assignment(assignment(2, 1));
  EXPECT_EQ(broken(), "assignment-goes-forward");
}

TEST_F(CheckerTest, DetectsAnAgentThatFallsBack) {
  checker_.on_status(kNode, applied(2));
  checker_.on_status(kNode, applied(1));
  EXPECT_EQ(broken(), "assignment-goes-forward");
}

TEST_F(CheckerTest, DetectsASecondContainer) {
  doubled_ = {InstanceId{"app-1"}};
  pass(seconds(1));
  EXPECT_EQ(broken(), "one-container");
}

TEST_F(CheckerTest, AllowsASecondContainerForAWhileWhereTheEngineIsInTrouble) {
  checker_.on_engine_trouble(kNode);
  doubled_ = {InstanceId{"app-1"}};
  pass(seconds(14));
  EXPECT_EQ(broken(), "");
  pass(seconds(3));
  EXPECT_EQ(broken(), "one-container");
}

TEST_F(CheckerTest, DetectsAStopOfAWantedInstance) {
  const Assignment newest = assignment(1, 1,
                                       {{.id = {"app-1"},
                                         .workload = kApp,
                                         .generation = {1},
                                         .desired_state = DesiredState::kRun,
                                         .image = {},
                                         .spec = {}}});
  checker_.on_last_stopped(newest, {"app-2"});
  EXPECT_EQ(broken(), "");
  checker_.on_last_stopped(newest, {"app-1"});
  EXPECT_EQ(broken(), "spares-the-wanted");
}

TEST_F(CheckerTest, WithdrawsTheAllowanceOnceTheEngineIsWell) {
  checker_.on_engine_trouble(kNode);
  doubled_ = {InstanceId{"app-1"}};
  pass(seconds(1));
  checker_.on_engine_trouble_ended(kNode);
  pass(seconds(4));
  EXPECT_EQ(broken(), "");
  pass(seconds(2));
  EXPECT_EQ(broken(), "one-container");
}

TEST_F(CheckerTest, DetectsAStopBeforeTheReplacementRuns) {
  const Instance old = one(1, InstanceState::kRunning);
  given(1, old, one(2, InstanceState::kStarting));
  stop(old);
  EXPECT_EQ(broken(), "stopped-only-if-spare");
}

TEST_F(CheckerTest, DetectsAStopWhileTheReplacementIsOnlyStaged) {
  const Instance old = one(1, InstanceState::kRunning);
  given(1, old, one(2, InstanceState::kStaged, DesiredState::kStage));
  stop(old);
  EXPECT_EQ(broken(), "stopped-only-if-spare");
}

TEST_F(CheckerTest, AllowsOneStopAtATimeOfWhatStopsFirst) {
  Workload stops_first = workload(2);
  stops_first.current->spec.instance.replace = ReplaceOrder::kStopFirst;
  Instance first = one(1, InstanceState::kRunning);
  Instance second = one(2, InstanceState::kRunning);
  store_.commit({PutNode{node(NodeState::kLive)}, PutWorkload{stops_first}, PutInstance{first},
                 PutInstance{second}});
  stop(first);
  EXPECT_EQ(broken(), "");
  first.desired_state = second.desired_state = DesiredState::kStop;
  checker_.on_batch({.writes = {PutInstance{first}, PutInstance{second}}, .actions = {}});
  EXPECT_EQ(broken(), "stopped-only-if-spare");
}

TEST_F(CheckerTest, AllowsAReplacedInstanceToBeStopped) {
  const Instance old = one(1, InstanceState::kRunning);
  given(2, old, one(2, InstanceState::kRunning));
  stop(old);
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, AllowsSurplusInstancesToBeStoppedAndNoMore) {
  given(1, one(1, InstanceState::kRunning), one(2, InstanceState::kRunning));
  stop(one(2, InstanceState::kRunning));
  EXPECT_EQ(broken(), "");
  store_.commit({PutInstance{one(1, InstanceState::kBackoff)}});
  stop(one(2, InstanceState::kRunning));
  EXPECT_EQ(broken(), "stopped-only-if-spare");
}

TEST_F(CheckerTest, AllowsUnwantedInstancesToBeStopped) {
  given(0, one(1, InstanceState::kRunning), one(2, InstanceState::kRunning));
  stop(one(2, InstanceState::kRunning));
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, DetectsDifferentBitsInOneGeneration) {
  const NodeName other = *NodeName::parse("node2");
  const auto bits = [](char letter) { return *Digest::parse("sha256:" + std::string(64, letter)); };
  checker_.begin({kNode, other});
  running_[kNode] = {{kApp, {1}, "one", bits('a')}, {kApp, {2}, "two", bits('b')}};
  running_[other] = {{kApp, {1}, "one", bits('a')}};
  pass(seconds(1));
  EXPECT_EQ(broken(), "");
  running_[other] = {{kApp, {1}, "one", bits('b')}};
  pass(seconds(1));
  EXPECT_EQ(broken(), "same-bits");
}

class BuildsTest : public CheckerTest {
 protected:
  void build_twice() {
    checker_.on_build_begins(kNode, order_);
    between_();
    checker_.on_build_begins(kNode, order_);
  }

  const BuildOrder order_{
      .workload = kApp, .generation = {1}, .bundle = kBundle, .reference = "hearth/app:a"};
  std::function<void()> between_ = [] {};
};

TEST_F(BuildsTest, DoneTwiceAreDetected) {
  build_twice();
  EXPECT_EQ(broken(), "built-once");
}

TEST_F(BuildsTest, ThatFailCanBeRetriedOnce) {
  between_ = [this] {
    checker_.on_build_ends(kNode, order_, fail(ErrorCode::kUnavailable, "no manager"));
  };
  build_twice();
  EXPECT_EQ(broken(), "");
  checker_.on_build_begins(kNode, order_);
  EXPECT_EQ(broken(), "built-once");
}

TEST_F(BuildsTest, AreNotExcusedByTheManagersDeath) {
  between_ = [this] { checker_.on_manager_crash(); };
  build_twice();
  EXPECT_EQ(broken(), "built-once");
}

TEST_F(BuildsTest, OfAnAgentThatDiedCanBeRepeatedWhileTheyAreAssigned) {
  checker_.on_saved(kNode, ordered_build(order_));
  between_ = [this] { checker_.on_agent_crash(kNode); };
  build_twice();
  EXPECT_EQ(broken(), "");
}

TEST_F(BuildsTest, OfAnAgentThatDiedMustNotBeRepeatedOnceUnassigned) {
  between_ = [this] { checker_.on_agent_crash(kNode); };
  build_twice();
  EXPECT_EQ(broken(), "built-once");
}

TEST_F(BuildsTest, OfADeadNodeCanBeDoneElsewhere) {
  receives_ = dialled_ = false;
  between_ = [this] {
    Workload building{.name = kApp, .phase = WorkloadPhase::kBuilding};
    building.next = workload(1).current;
    building.build_node = kNode;
    store_.commit({PutWorkload{building}});
    store_.commit({PutNode{node(NodeState::kLive)}});
    building.build_node.reset();
    checker_.on_batch(
        {.writes = {PutNode{node(NodeState::kDead)}, PutWorkload{building}}, .actions = {}});
  };
  build_twice();
  EXPECT_EQ(broken(), "");
}

TEST_F(BuildsTest, OfAWellNodeMustNotBeDoneElsewhere) {
  between_ = [this] {
    Workload building{.name = kApp, .phase = WorkloadPhase::kBuilding};
    building.next = workload(1).current;
    building.build_node = kNode;
    store_.commit({PutNode{node(NodeState::kLive)}, PutWorkload{building}});
    building.build_node.reset();
    checker_.on_batch({.writes = {PutWorkload{building}}, .actions = {}});
  };
  build_twice();
  EXPECT_EQ(broken(), "built-once");
}

// Goal: the trace contains the decisions themselves, not only their number.
TEST_F(CheckerTest, WritesDecisionsIntoTheTrace) {
  const auto trace_of = [](const Node& written, const core::ManagerAction& action) {
    World world(1, {});
    const StoredState store;
    Checker checker(world, store, {});
    checker.on_batch({.writes = {PutNode{written}}, .actions = {action}});
    return world.trace_hash();
  };
  const Node live = node(NodeState::kLive);
  Node other = live;
  other.recovery.reason = "otherwise";
  const core::Dial dial{.node = kNode, .dial = 1};
  EXPECT_EQ(trace_of(live, dial), trace_of(live, dial));
  EXPECT_NE(trace_of(live, dial), trace_of(other, dial));
  EXPECT_NE(trace_of(live, dial), trace_of(live, core::Dial{.node = kNode, .dial = 2}));
}

TEST_F(CheckerTest, DetectsAReusedInstanceId) {
  const PutInstance put{instance(DesiredState::kRun)};
  checker_.on_batch({.writes = {put}, .actions = {}});
  store_.commit({put});
  checker_.on_batch({.writes = {put}, .actions = {}});
  EXPECT_EQ(broken(), "");
  checker_.on_batch({.writes = {DeleteInstance{{"app-1"}}}, .actions = {}});
  store_.commit({DeleteInstance{{"app-1"}}});
  checker_.on_batch({.writes = {put}, .actions = {}});
  EXPECT_EQ(broken(), "instance-ids-are-new");
}

TEST_F(CheckerTest, DetectsActivityWhenAllShouldBeQuiet) {
  checker_.expect_quiet(true);
  checker_.on_batch({.writes = {PutEpoch{{2}}}, .actions = {}});
  EXPECT_EQ(broken(), "quiet");
}

TEST_F(CheckerTest, DetectsTwoHoldersOfADevice) {
  Workload both = workload(2);
  both.current->spec.instance.container.devices = {{"/dev/ttyUSB0", "/dev/ttyUSB0"}};
  store_.commit({PutNode{node(NodeState::kLive)}, PutWorkload{both},
                 PutInstance{one(1, InstanceState::kRunning)}});
  checker_.on_batch({.writes = {PutInstance{one(1, InstanceState::kRunning)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
  checker_.on_batch({.writes = {PutInstance{one(2, InstanceState::kAssigned)}}, .actions = {}});
  EXPECT_EQ(broken(), "one-holder");
}

}  // namespace
}  // namespace hearth::sim
