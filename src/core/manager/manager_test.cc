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

// Goal: a node that cannot reach the manager's port neither fetches a build context nor hands an
// image over, though its heartbeats arrive: its builds do not wait for it.
TEST(Manager, ABuildMovesFromANodeWhoseTriesFailForTooLong) {
  Scene scene;
  scene.import({"a", "b", "c"});
  for (const char* name : {"a", "b", "c"}) scene.beat(name);
  scene.pass(seconds(1));
  scene.builds_retried[Scene::node("a")] = "10.0.0.1:7700 does not answer";
  (void)scene.deploy(1);
  ASSERT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("a"));
  scene.pass(seconds(55));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("a")) << "it may pass";
  scene.pass(seconds(10));
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kDeployed);
  EXPECT_THAT(scene.assigned.at(Scene::node("a")).builds, IsEmpty());
}

TEST(Manager, ABuildThatTwoNodesCannotDoFailsWithWhatBothSaid) {
  Scene scene;
  scene.import({"a", "b", "c"});
  for (const char* name : {"a", "b", "c"}) scene.beat(name);
  scene.pass(seconds(1));
  scene.builds_retried[Scene::node("a")] = "the port is filtered";
  scene.builds_retried[Scene::node("b")] = "no route to host";
  (void)scene.deploy(1);
  scene.pass(seconds(70));
  ASSERT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  scene.restart();
  scene.pass(seconds(150));
  const Workload& app = scene.workloads.at(Scene::app());
  EXPECT_EQ(app.phase, WorkloadPhase::kFailed) << "though the manager was restarted";
  EXPECT_EQ(app.reason,
            "no node comes to build it; on 'a': the port is filtered; on 'b': no route to host");
  EXPECT_EQ(app.build_node, std::nullopt);
  EXPECT_EQ(scene.reported(EventType::kWorkloadFailed), 1U);
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

// Restarts of the manager. ------------------------------------------------------------------------

TEST(Manager, ARestartRaisesTheEpochRepeatsNothingAndStopsNothing) {
  Scene scene;
  scene.run_app(2);
  const auto before = scene.instances;
  const Epoch epoch = scene.epoch;
  const std::uint64_t last_event = scene.last_event_seq;
  scene.forget_history();
  scene.restart();
  EXPECT_EQ(scene.epoch, epoch.next());
  EXPECT_EQ(scene.last_event_seq, last_event + 1) << "events are numbered on";
  scene.pass(seconds(20));
  EXPECT_EQ(scene.instances, before);
  EXPECT_EQ(scene.reported(EventType::kInstancePlaced), 0U);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  for (const PublishAssignment& one : scene.done<PublishAssignment>()) {
    EXPECT_EQ(one.assignment.number.epoch, scene.epoch);
  }
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
  scene.heartbeat("a", sign_of_life(1));
  EXPECT_EQ(scene.manager->counters().heartbeats_stale, 1U) << "it was repeated";
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

// History. ----------------------------------------------------------------------------------------

std::vector<Condition> conditions_of(const Scene& scene, const std::optional<WorkloadName>& of) {
  std::vector<Condition> conditions;
  for (const HistoryEntry& entry : scene.history) {
    if (!entry.instance && entry.workload == of) conditions.push_back(entry.condition);
  }
  return conditions;
}

TEST(Manager, WritesHowAWorkloadFaresAndWhatItCouldNotKnow) {
  using enum Condition;
  Scene scene;
  scene.run_app(2);
  EXPECT_THAT(conditions_of(scene, std::nullopt), ElementsAre(kBlind, kSeeing));
  EXPECT_THAT(conditions_of(scene, Scene::app()), ElementsAre(kUnavailable, kReduced, kAvailable))
      << "from when its image is built";
  scene.kill(scene.instances.at(Scene::id(1)).placed_on().str());
  scene.pass(seconds(30));
  EXPECT_THAT(conditions_of(scene, Scene::app()),
              ElementsAre(kUnavailable, kReduced, kAvailable, kReduced, kAvailable));

  const std::size_t before = scene.history.size();
  scene.restart();
  scene.pass(seconds(2));
  EXPECT_EQ(scene.history.size(), before + 2) << "blind and seeing, and nothing again";
  scene.bus_carries = false;
  scene.pass(seconds(20));
  EXPECT_THAT(conditions_of(scene, std::nullopt),
              ElementsAre(kBlind, kSeeing, kBlind, kSeeing, kBlind));
  EXPECT_LT(scene.history.back().at, scene.now().wall - seconds(15));
}

}  // namespace
}  // namespace hearth::core
