#include "core/manager/manager.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/manager/manager_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;
using testing::SizeIs;

using Scene = ManagerScene;

// Builds and deploys. -----------------------------------------------------------------------------

TEST(Manager, ADeployIsBuiltOnOneNodeThenPlacedThenAssigned) {
  Scene scene;
  scene.run_app(2);
  std::size_t orders = 0;
  for (const PublishAssignment& one : scene.done<PublishAssignment>()) {
    orders += one.assignment.builds.empty() ? 0 : 1;
  }
  EXPECT_EQ(orders, 1U);
  const Workload& workload = scene.workloads.at(Scene::app());
  EXPECT_EQ(workload.phase, WorkloadPhase::kDeployed);
  EXPECT_EQ(workload.current->image->archive, Scene::bundle('f'));
  EXPECT_THAT(scene.placed(), SizeIs(2));
  for (const auto& [id, instance] : scene.instances) {
    EXPECT_EQ(instance.status.state, InstanceState::kRunning);
  }
}

TEST(Manager, ABuildThatFailsFailsTheWorkloadAndKeepsWhatRan) {
  Scene scene;
  scene.run_app(2);
  scene.builds_fail = true;
  (void)scene.deploy(2, 'b');
  scene.pass(seconds(2));
  const Workload& workload = scene.workloads.at(Scene::app());
  EXPECT_EQ(workload.phase, WorkloadPhase::kFailed);
  EXPECT_EQ(workload.reason, "RUN make ended with 2");
  EXPECT_EQ(workload.current->generation, Generation{1});
  EXPECT_THAT(scene.instances, SizeIs(2));
}

TEST(Manager, TheSameBundleIsBuiltOnce) {
  Scene scene;
  scene.run_app(1);
  scene.forget_history();
  EXPECT_EQ(scene.deploy(3)->generation, Generation{2});
  scene.pass(seconds(5));
  for (const PublishAssignment& one : scene.done<PublishAssignment>()) {
    EXPECT_THAT(one.assignment.builds, IsEmpty());
  }
  EXPECT_THAT(scene.instances, SizeIs(3));
  for (const auto& [id, instance] : scene.instances) {
    EXPECT_EQ(instance.generation, Generation{2});
  }
}

// Goal: a build does not wait forever for a node that is live but cannot build.
TEST(Manager, ABuildMovesWhenItsNodesRuntimeBreaksAndGivesTheReasonIfItCannot) {
  Scene scene;
  scene.import({"a", "b"});
  for (const char* name : {"a", "b"}) scene.beat(name);
  scene.pass(seconds(1));
  scene.agents_obey = false;
  (void)scene.deploy(1);
  const NodeName first = *scene.workloads.at(Scene::app()).build_node;
  ASSERT_EQ(first, Scene::node("a"));
  scene.troubles[first] = "the container runtime does not answer";
  scene.pass(seconds(25));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, first) << "a runtime may restart";
  scene.pass(seconds(10));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  EXPECT_THAT(scene.assigned.at(first).builds, IsEmpty());

  scene.troubles[Scene::node("b")] = "its runtime hangs";
  scene.pass(seconds(35));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason,
              AllOf(HasSubstr("its builder 'b' is in trouble: its runtime hangs"),
                    HasSubstr("1 node in trouble")));
  scene.troubles.erase(Scene::node("b"));
  scene.agents_obey = true;
  scene.pass(seconds(2));
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kDeployed);
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason, IsEmpty());
}

// Goal: a build that was assigned to a node and never reached it does not wait until the node is
// back on the bus.
TEST(Manager, ABuildThatCannotBeSentToItsNodeMoves) {
  Scene scene;
  scene.import({"a", "b"});
  for (const char* name : {"a", "b"}) scene.beat(name);
  scene.pass(seconds(1));
  const Scene::Beat beat = scene.beats.at(Scene::node("a"));
  scene.beats.erase(Scene::node("a"));  // It answers dials.
  (void)scene.deploy(1);
  ASSERT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("a"));
  for (int second = 0; second < 40; ++second) {
    scene.pass(seconds(1));
    if (scene.state("a") != NodeState::kUnreachable) continue;
    scene.step(StatusFetched{Scene::node("a"),
                             Heartbeat{.incarnation = beat.incarnation, .report = Report{}}});
  }
  EXPECT_THAT(scene.placed(), SizeIs(1));
  EXPECT_TRUE(scene.placed().contains(Scene::node("b")));
}

TEST(Manager, ANewGenerationIsRolledOutOneByOneTheNewBeforeTheOld) {
  Scene scene;
  scene.run_app(3);
  (void)scene.deploy(3, 'b');
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    scene.pass(milliseconds(100));
    std::size_t wanted = 0;
    std::size_t running = 0;
    for (const auto& [id, instance] : scene.instances) {
      if (instance.desired_state != DesiredState::kRun) continue;
      ++wanted;
      if (instance.status.state == InstanceState::kRunning) ++running;
    }
    EXPECT_GE(running, 3U);
    most = std::max(most, wanted);
  }
  EXPECT_EQ(most, 4U);  // Three, and the next one.
  EXPECT_THAT(scene.instances, SizeIs(3));
  for (const auto& [id, instance] : scene.instances) {
    EXPECT_EQ(instance.generation, Generation{2});
  }
}

TEST(Manager, StoppingKeepsTheWorkloadAndRemovingForgetsAllButItsNumbers) {
  Scene scene;
  scene.run_app(2);
  EXPECT_TRUE(scene.ask(StopWorkload{Scene::app()}));
  scene.pass(seconds(2));
  EXPECT_THAT(scene.instances, IsEmpty());
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kStopped);
  EXPECT_TRUE(scene.ask(RemoveWorkload{Scene::app()}));
  EXPECT_THAT(scene.manager->workloads(), IsEmpty());
  EXPECT_EQ(scene.ask(StopWorkload{Scene::app()}).error().code, ErrorCode::kNotFound);

  scene.restart();
  scene.pass(seconds(1));
  EXPECT_EQ(scene.deploy(1)->generation, Generation{2});
  scene.pass(seconds(2));
  ASSERT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(3)) << "even by the next manager";
}

TEST(Manager, PendingWorkIsPlacedWhenRoomIsMade) {
  Scene scene;
  scene.run_app(0);
  const auto spec = [](std::uint32_t cpu, std::uint32_t instances) {
    return WorkloadSpec{.instances = instances,
                        .bundle = Scene::bundle('a'),
                        .container = {.resources = {.cpu_millis = cpu}}};
  };
  for (const char* name : {"a", "b", "c"}) {
    Heartbeat heartbeat = sign_of_life(100);
    heartbeat.applied = scene.assigned.at(Scene::node(name)).number;
    heartbeat.report = Report{.capacity = {.cpu_millis = 1000}};
    scene.beats.at(Scene::node(name)).seq = 1000;  // Later heartbeats carry no capacity …
    scene.heartbeat(name, heartbeat);
    scene.beats.erase(Scene::node(name));  // … because there are none.
  }
  const WorkloadName other = *WorkloadName::parse("other");
  (void)scene.ask(DeployWorkload{Scene::app(), spec(800, 3)});
  ASSERT_THAT(scene.instances, SizeIs(3));
  (void)scene.ask(DeployWorkload{other, spec(500, 1)});
  const NodeName builder = *scene.workloads.at(other).build_node;
  Heartbeat built = sign_of_life(101);
  built.report = Report{.capacity = {.cpu_millis = 1000}};
  built.report->builds.push_back({.workload = other,
                                  .generation = {1},
                                  .state = BuildState::kDone,
                                  .archive = Scene::bundle('f')});
  scene.heartbeat(builder.str(), built);
  const InstanceId waits = make_instance_id(other, 1);
  ASSERT_EQ(scene.instances.at(waits).status.state, InstanceState::kPending);
  EXPECT_THAT(scene.instances.at(waits).status.reason,
              HasSubstr("without enough unreserved CPU or memory"));
  (void)scene.ask(StopWorkload{Scene::app()});
  EXPECT_EQ(scene.instances.at(waits).status.state, InstanceState::kAssigned);
}

// Restarts of the manager. ------------------------------------------------------------------------

TEST(Manager, ARestartRaisesTheEpochRepeatsNothingAndStopsNothing) {
  Scene scene;
  scene.run_app(2);
  const auto before = scene.instances;
  const Epoch epoch = scene.epoch;
  scene.forget_history();
  scene.restart();
  EXPECT_EQ(scene.epoch, epoch.next());
  scene.pass(seconds(20));
  EXPECT_EQ(scene.instances, before);
  EXPECT_EQ(scene.reported(EventType::kInstancePlaced), 0U);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  for (const PublishAssignment& one : scene.done<PublishAssignment>()) {
    EXPECT_EQ(one.assignment.number.epoch, scene.epoch);
  }
}

TEST(Manager, APowerCycleContinuesWhereTheLastManagerLeftIt) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.pass(seconds(4));
  ASSERT_EQ(scene.nodes.at(Scene::node("a")).recovery.phase, RecoveryPhase::kSwitchingOff);
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOff, {}});
  ASSERT_EQ(scene.nodes.at(Scene::node("a")).recovery.phase, RecoveryPhase::kSwitchingOn);

  scene.forget_history();
  scene.restart();
  EXPECT_THAT(scene.switched(), ElementsAre(PowerVerb::kOn));
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOn, {}});
  scene.forget_history();
  scene.restart();
  scene.pass(seconds(60));
  EXPECT_THAT(scene.switched(), IsEmpty());  // It boots, and is not switched again.
  scene.beat("a", "boot-2");
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
  EXPECT_EQ(scene.reported(EventType::kNodeRecovered), 1U);
}

TEST(Manager, ARestartedManagerGoesOnAskingAnUnreachableNode) {
  Scene scene;
  scene.run_app(1);
  scene.beats.erase(Scene::node("a"));
  scene.pass(seconds(4));
  ASSERT_EQ(scene.state("a"), NodeState::kUnreachable);
  scene.restart();
  scene.forget_history();
  scene.pass(seconds(5));
  EXPECT_EQ(scene.state("a"), NodeState::kUnreachable);
  EXPECT_GE(scene.done<FetchStatus>().size(), 3U);
}

TEST(Manager, ARestartedManagerPlacesPendingWorkOnceANodeReports) {
  Scene scene;
  scene.import({"a"});
  (void)scene.deploy(1);
  ASSERT_FALSE(scene.workloads.at(Scene::app()).build_node);
  scene.beat("a");
  scene.nodes.at(Scene::node("a")).state = NodeState::kLive;  // As an earlier manager left it.
  scene.restart();
  scene.heartbeat("a", sign_of_life(1));
  EXPECT_THAT(scene.done<FetchStatus>(), SizeIs(1)) << "its report was sent to the last manager";
  scene.pass(seconds(3));
  EXPECT_THAT(scene.instances, SizeIs(1));
}

// Assignments. ------------------------------------------------------------------------------------

TEST(Manager, AnAssignmentIsSentAgainUntilItsAgentFollowsIt) {
  Scene scene;
  scene.import({"a"});
  scene.beat("a");
  scene.agents_take_over = false;
  scene.forget_history();
  scene.pass(seconds(10));
  EXPECT_THAT(scene.done<PublishAssignment>(), SizeIs(3));
  scene.agents_take_over = true;
  scene.pass(seconds(1));
  scene.forget_history();
  scene.pass(seconds(20));
  EXPECT_THAT(scene.done<PublishAssignment>(), IsEmpty());
}

TEST(Manager, AnAgentThatFollowsALaterManagerGetsNothingAndTheReasonIsGiven) {
  Scene scene;
  scene.run_app(3);
  for (int i = 0; i < 3; ++i) scene.restart();
  scene.pass(seconds(2));
  // The store is lost; the agents still have their assignments.
  scene.agents_take_over = false;
  scene.beats.clear();
  scene.workloads.clear();
  scene.instances.clear();
  scene.epoch = {};
  scene.restart();
  Heartbeat heartbeat = sign_of_life(1);
  heartbeat.applied = scene.assigned.at(Scene::node("a")).number;
  heartbeat.applied.epoch = Epoch{4};
  heartbeat.report = Report{};
  scene.heartbeat("a", heartbeat);
  (void)scene.deploy(1);
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason,
              HasSubstr("1 node following a manager of epoch 4, but this one is at epoch 1"));
}

TEST(Manager, AnInstanceIsNotForgottenBeforeItsAgentHasListedItsContainers) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.agents_take_over = false;
  (void)scene.ask(StopWorkload{Scene::app()});
  Heartbeat heartbeat = sign_of_life(1, "boot-1", 2);
  heartbeat.applied = scene.assigned.at(home).number;
  heartbeat.report = Report{.problem = "its containers have not been listed yet"};
  scene.heartbeat(home.str(), heartbeat);
  EXPECT_THAT(scene.instances, SizeIs(1));
  heartbeat.seq = 2;
  heartbeat.report->problem.clear();
  scene.heartbeat(home.str(), heartbeat);
  EXPECT_THAT(scene.instances, IsEmpty());
}

TEST(Manager, AQuietClusterWritesNothingAndPublishesNothing) {
  Scene scene;
  scene.run_app(2);
  scene.pass(seconds(5));
  scene.forget_history();
  scene.pass(std::chrono::minutes(2));
  EXPECT_THAT(scene.done<PublishAssignment>(), IsEmpty());
  for (const ManagerBatch& batch : scene.batches) EXPECT_THAT(batch.writes, IsEmpty());
}

/// What an action depends on is in the writes of its own batch or of an earlier one.
TEST(Manager, WhatAnActionDependsOnIsWrittenNoLaterThanItsBatch) {
  Scene scene;
  scene.run_app(2);
  scene.kill("a");
  scene.pass(seconds(4));
  bool switched = false;
  for (const ManagerBatch& batch : scene.batches) {
    for (const SwitchPower& power : actions_of<SwitchPower>(batch)) {
      switched = true;
      const bool stored =
          std::any_of(batch.writes.begin(), batch.writes.end(), [&](const Write& write) {
            const auto* put = std::get_if<PutNode>(&write);
            return put != nullptr && put->node.name == power.node &&
                   put->node.recovery.phase == RecoveryPhase::kSwitchingOff &&
                   put->node.recovery.attempt == power.attempt;
          });
      EXPECT_TRUE(stored);
    }
    std::size_t appended = 0;
    for (const Write& write : batch.writes) appended += std::holds_alternative<AppendEvent>(write);
    EXPECT_EQ(appended, actions_of<PublishEvent>(batch).size());
  }
  EXPECT_TRUE(switched);
}

/// A sequence of what can happen to a small cluster.
void tell_a_long_story(Scene& scene) {
  const auto live = [&](const char* name, const char* boot) {
    scene.beat(name, boot);
    scene.pass(seconds(2));
  };
  scene.run_app(2);
  (void)scene.deploy(3, 'b');  // A new release is rolled out.
  scene.pass(seconds(5));
  scene.kill("a");  // Lost, replaced, brought back.
  scene.pass(seconds(4));
  for (const PowerVerb verb : {PowerVerb::kOff, PowerVerb::kOn})
    scene.step(PowerSwitched{Scene::node("a"), verb, {}});
  scene.pass(seconds(20));
  live("a", "boot-2");
  scene.beats.erase(Scene::node("b"));  // Unreachable, and then live again.
  scene.pass(seconds(5));
  live("b", "boot-1");
  scene.troubles[Scene::node("c")] = "the container runtime does not answer";
  scene.agents_obey = false;
  (void)scene.deploy(2, 'c');  // A build that moves.
  scene.pass(seconds(40));
  scene.troubles.clear();
  scene.agents_obey = true;
  scene.bus_carries = false;  // Blind.
  scene.pass(seconds(20));
  scene.bus_carries = true;
  scene.pass(seconds(3));
  scene.oversleep(seconds(60));  // A stall.
  scene.pass(seconds(5));
  scene.agents_take_over = false;  // No agent acknowledges its assignment.
  (void)scene.deploy(1, 'd');
  scene.import({"d"});
  scene.pass(seconds(10));
  scene.agents_take_over = true;
  scene.pass(seconds(5));
  for (const char* name : {"a", "b", "c"}) scene.kill(name);
  scene.pass(std::chrono::minutes(10));  // Up to quarantine.
  for (const char* name : {"a", "b", "c"}) live(name, "boot-3");
  (void)scene.ask(StopWorkload{Scene::app()});
  scene.pass(seconds(5));
  (void)scene.ask(RemoveWorkload{Scene::app()});
  scene.pass(seconds(5));
}

// Goal: what a manager saves holds everything its decisions depend on. Method: of two managers, one
// is rebuilt from its saved state after every step; both yield the same batches.
TEST(Manager, AManagerRebuiltFromItsSavedStateAfterEveryStepYieldsTheSameBatches) {
  Scene one;
  Scene other;
  other.swaps_for_a_copy = true;
  tell_a_long_story(one);
  tell_a_long_story(other);
  ASSERT_EQ(one.batches.size(), other.batches.size());
  for (std::size_t i = 0; i < one.batches.size(); ++i)
    ASSERT_TRUE(one.batches[i] == other.batches[i]) << "step " << i;
  EXPECT_TRUE(one.manager->save() == other.manager->save());
  EXPECT_EQ(one.reported(EventType::kNodeQuarantined), 3U) << "the story ran to its end";
  EXPECT_EQ(one.reported(EventType::kWorkloadRemoved), 1U);
}

// Cost. -------------------------------------------------------------------------------------------

/// A converged cluster with as many workloads as nodes; each node runs one instance of each.
struct Fleet {
  explicit Fleet(std::size_t size) {
    scene.checks_invariants = false;  // The check examines everything.
    for (std::size_t i = 0; i < size; ++i) enter(i);
    scene.restart();
    scene.pass(Duration(0));  // The bus carries.
    for (std::size_t i = 0; i < size; ++i) scene.heartbeat(name(i), report_of(i));
    scene.pass(Duration(0));  // Their dials are answered.
    scene.oversleep(milliseconds(100));
    scene.forget_history();
  }

  static std::string name(std::size_t i) { return fmt::format("n{}", i); }
  static InstanceId instance(std::size_t i) {
    return make_instance_id(*WorkloadName::parse(fmt::format("w{}", i)), 1);
  }
  void enter(std::size_t i) {
    const NodeName node = Scene::node(name(i));
    const WorkloadName workload = *WorkloadName::parse(fmt::format("w{}", i));
    const Image image{.reference = fmt::format("hearth/w{}:1", i), .archive = Scene::bundle('f')};
    const Release release{
        .generation = {1}, .spec = {.instances = 1, .bundle = Scene::bundle('a')}, .image = image};
    scene.nodes.emplace(node, Node{.name = node,
                                   .agent = {"10.0.0.1", 7701},
                                   .state = NodeState::kLive,
                                   .incarnation = {"boot-1", 1}});
    scene.workloads.emplace(workload, Workload{.name = workload,
                                               .phase = WorkloadPhase::kDeployed,
                                               .current = release,
                                               .next_instance = 2});
    scene.instances.emplace(
        instance(i), Instance{.id = instance(i),
                              .workload = workload,
                              .generation = {1},
                              .node = node,
                              .image = image,
                              .status = {.state = InstanceState::kRunning, .container = {"c1"}}});
    scene.dials[node] = DialOutcome::kAnswered;
  }
  Heartbeat report_of(std::size_t i, const char* container = "c1") {
    Heartbeat heartbeat = sign_of_life(++seq);
    heartbeat.applied = scene.assigned.at(Scene::node(name(i))).number;
    heartbeat.report = Report{};
    heartbeat.report->instances[instance(i)] = {.state = InstanceState::kRunning,
                                                .container = {container}};
    return heartbeat;
  }

  /// What one step touches.
  struct Touched {
    std::uint64_t nodes = 0;
    std::uint64_t entries = 0;
    std::size_t writes = 0;
    auto operator<=>(const Touched&) const = default;
  };
  Touched step(const ManagerEvent& event) {
    const ManagerCounters before = scene.manager->counters();
    const ManagerBatch batch = scene.step(event);
    const ManagerCounters& after = scene.manager->counters();
    return {.nodes = after.nodes_tended - before.nodes_tended,
            .entries = after.entries_marked - before.entries_marked,
            .writes = batch.writes.size()};
  }
  Touched heartbeat(const Heartbeat& heartbeat) {
    return step(HeartbeatReceived{Scene::node(name(0)), heartbeat, scene.now().mono});
  }

  Scene scene;
  std::uint64_t seq = 0;
};

TEST(Manager, AStepTouchesNoMoreOfALargerFleet) {
  std::set<Fleet::Touched> quiet;
  std::set<Fleet::Touched> restarts;
  for (const std::size_t size : {10U, 100U, 1000U}) {
    Fleet fleet(size);
    quiet.insert(fleet.heartbeat(fleet.report_of(0)));
    restarts.insert(fleet.heartbeat(fleet.report_of(0, "c2")));
  }
  EXPECT_THAT(quiet, ElementsAre(Fleet::Touched{.nodes = 1, .entries = 0, .writes = 0}));
  ASSERT_THAT(restarts, SizeIs(1));
  EXPECT_EQ(restarts.begin()->nodes, 1U);
  EXPECT_LE(restarts.begin()->entries, 3U) << "the instance, its workload, who holds its image";
}

TEST(Manager, TheTickOfAConvergedClusterPlansNothingAndMarksNothing) {
  for (const std::size_t size : {10U, 100U, 1000U}) {
    Fleet fleet(size);
    EXPECT_EQ(fleet.step(Ticked{}), Fleet::Touched{}) << size << " nodes";
    EXPECT_THAT(fleet.scene.done<PublishAssignment>(), IsEmpty());
  }
}

}  // namespace
}  // namespace hearth::core
