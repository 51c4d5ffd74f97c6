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

TEST(Manager, ABuildMovesWhenItsNodeDies) {
  Scene scene;
  scene.run_app(0);
  scene.agents_obey = false;
  (void)scene.deploy(1, 'b');
  const NodeName builder = *scene.workloads.at(Scene::app()).build_node;
  scene.kill(builder.str());
  scene.pass(seconds(4));
  EXPECT_NE(scene.workloads.at(Scene::app()).build_node, builder);
  scene.agents_obey = true;
  scene.pass(seconds(2));
  EXPECT_THAT(scene.instances, SizeIs(1));
}

// Goal: a build does not wait for ever for a node that lives and cannot build.
TEST(Manager, ABuildMovesWhenItsNodesEngineBreaksAndSaysWhyIfItCannot) {
  Scene scene;
  scene.import({"a", "b"});
  for (const char* name : {"a", "b"}) scene.beat(name);
  scene.pass(seconds(1));
  scene.agents_obey = false;
  (void)scene.deploy(1);
  const NodeName first = *scene.workloads.at(Scene::app()).build_node;
  ASSERT_EQ(first, Scene::node("a"));
  scene.troubles[first] = "the engine does not answer";
  scene.pass(seconds(25));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, first) << "an engine may restart";
  scene.pass(seconds(10));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  EXPECT_THAT(scene.assigned.at(first).builds, IsEmpty());

  scene.troubles[Scene::node("b")] = "its engine hangs";
  scene.pass(seconds(35));
  EXPECT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason,
              AllOf(HasSubstr("its builder 'b' is in trouble: its engine hangs"),
                    HasSubstr("1 node in trouble")));
  scene.troubles.erase(Scene::node("b"));
  scene.agents_obey = true;
  scene.pass(seconds(2));
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kDeployed);
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason, IsEmpty());
}

// Goal: a build that was ordered of a node and never reached it does not wait for its way to the
// bus.
TEST(Manager, ABuildThatCannotBeToldToItsNodeMoves) {
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

TEST(Manager, ANodeThatBuildsIsNotTheFirstChoiceForTheNextBuild) {
  Scene scene;
  scene.import({"a", "b"});
  for (const char* name : {"a", "b"}) scene.beat(name);
  scene.pass(seconds(1));
  scene.agents_obey = false;
  (void)scene.deploy(1);
  const WorkloadName other = *WorkloadName::parse("other");
  (void)scene.ask(DeployWorkload{other, {.instances = 1, .bundle = Scene::bundle('b')}});
  EXPECT_NE(scene.workloads.at(Scene::app()).build_node, scene.workloads.at(other).build_node);
}

TEST(Manager, WorkThatIsBoundToItsNodeIsRenewedThere) {
  Scene scene;
  scene.run_app(0);
  NodeName home = Scene::node("a");
  for (char bundle = 'b'; bundle < 'g'; ++bundle) {
    (void)scene.ask(DeployWorkload{Scene::app(),
                                   {.instances = 1,
                                    .bundle = Scene::bundle(bundle),
                                    .container = {},
                                    .on_node_lost = NodeLossPolicy::kStay}});
    scene.pass(seconds(4));
    ASSERT_THAT(scene.instances, SizeIs(1));
    const Instance& instance = scene.instances.begin()->second;
    EXPECT_EQ(instance.status.state, InstanceState::kRunning);
    if (bundle == 'b') home = *instance.node;
    EXPECT_EQ(instance.node, home) << "bundle " << bundle;
  }
}

TEST(Manager, ANewGenerationRollsInOneByOneTheNewBeforeTheOld) {
  Scene scene;
  scene.run_app(3);
  (void)scene.deploy(3, 'b');
  std::size_t most = 0;
  for (int i = 0; i < 100; ++i) {
    scene.pass(milliseconds(100));
    std::size_t wanted = 0;
    std::size_t running = 0;
    for (const auto& [id, instance] : scene.instances) {
      if (instance.desire != InstanceDesire::kRun) continue;
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

TEST(Manager, StoppingKeepsTheWorkloadAndRemovingForgetsIt) {
  Scene scene;
  scene.run_app(2);
  EXPECT_TRUE(scene.ask(StopWorkload{Scene::app()}));
  scene.pass(seconds(2));
  EXPECT_THAT(scene.instances, IsEmpty());
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kStopped);
  EXPECT_TRUE(scene.ask(RemoveWorkload{Scene::app()}));
  EXPECT_THAT(scene.manager->workloads(), IsEmpty());
  EXPECT_EQ(scene.ask(StopWorkload{Scene::app()}).error().code, ErrorCode::kNotFound);
}

TEST(Manager, ARemovedWorkloadsNumbersAreNeverUsedAgainEvenByTheNextManager) {
  Scene scene;
  scene.run_app(2);
  (void)scene.ask(RemoveWorkload{Scene::app()});
  scene.pass(seconds(2));
  scene.restart();
  scene.pass(seconds(1));
  EXPECT_EQ(scene.deploy(1)->generation, Generation{2});
  scene.pass(seconds(2));
  ASSERT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(3));
}

TEST(Manager, AStoppedWorkloadStaysDownWhileANewReleaseIsBuiltAndIfThatFails) {
  Scene scene;
  scene.run_app(2);
  (void)scene.ask(StopWorkload{Scene::app()});
  scene.pass(seconds(2));
  scene.builds_fail = true;
  (void)scene.deploy(2, 'b');
  scene.pass(seconds(2));
  scene.restart();
  scene.pass(seconds(2));
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kFailed);
  EXPECT_THAT(scene.instances, IsEmpty());
}

TEST(Manager, MoreInstancesThanAllowedAreRefused) {
  Scene scene;
  EXPECT_EQ(scene.deploy(kInstancesMax + 1).error().code, ErrorCode::kInvalidArgument);
  EXPECT_THAT(scene.manager->workloads(), IsEmpty());
}

/// So many workloads that the cluster has had, in the store of the scene.
void fill_with_workloads(Scene& scene, std::size_t count, WorkloadPhase phase) {
  for (std::size_t i = 0; i < count; ++i) {
    const WorkloadName name = *WorkloadName::parse(fmt::format("w{}", i));
    const Release release{.generation = Generation{1},
                          .spec = {.instances = 0, .bundle = Scene::bundle('a')},
                          .image = {}};
    scene.workloads.emplace(name, Workload{.name = name, .phase = phase, .current = release});
  }
  scene.restart();
}

TEST(Manager, MoreWorkloadsThanAClusterMayHaveAreRefused) {
  Scene scene;
  fill_with_workloads(scene, kWorkloadsMax, WorkloadPhase::kStopped);
  EXPECT_EQ(scene.deploy(1).error().code, ErrorCode::kExhausted);
  const auto deploy_first = [&scene] {
    return scene.ask(DeployWorkload{*WorkloadName::parse("w0"), {.bundle = Scene::bundle('b')}});
  };
  EXPECT_TRUE(deploy_first()) << "what is there may be deployed anew";
  (void)scene.ask(RemoveWorkload{*WorkloadName::parse("w1")});
  EXPECT_TRUE(scene.deploy(1));
}

TEST(Manager, MoreNamesThanAClusterMayUseAreRefused) {
  Scene scene;
  fill_with_workloads(scene, kWorkloadNamesMax, WorkloadPhase::kRemoved);
  EXPECT_EQ(scene.deploy(1).error().code, ErrorCode::kExhausted);
  const auto again =
      scene.ask(DeployWorkload{*WorkloadName::parse("w7"), {.bundle = Scene::bundle('b')}});
  EXPECT_EQ(again->generation, Generation{2}) << "a name that was used may be used again";
}

TEST(Manager, OfARemovedWorkloadItsSecretsAreForgotten) {
  Scene scene;
  scene.run_app(0);
  const ContainerSpec container{.environment = {{"PASSWORD", "swordfish"}}};
  (void)scene.ask(
      DeployWorkload{Scene::app(), {.bundle = Scene::bundle('b'), .container = container}});
  scene.pass(seconds(2));
  (void)scene.ask(RemoveWorkload{Scene::app()});
  scene.pass(seconds(2));
  ASSERT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kRemoved);
  EXPECT_THAT(scene.workloads.at(Scene::app()).current->spec.container.environment, IsEmpty());
}

TEST(Manager, OneNodeMoreThanNeededHoldsTheImage) {
  Scene scene;
  scene.run_app(2);
  std::vector<NodeName> warm;
  for (const auto& [name, wish] : scene.assigned) {
    if (wish.images.empty()) continue;
    warm.push_back(name);
    EXPECT_THAT(wish.instances, IsEmpty());
  }
  EXPECT_THAT(warm, SizeIs(1));
}

TEST(Manager, WorkThatWaitsIsPlacedWhenRoomIsMade) {
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
    scene.beats.at(Scene::node(name)).seq =
        1000;  // Whatever comes later says nothing of capacity …
    scene.heartbeat(name, heartbeat);
    scene.beats.erase(Scene::node(name));  // … so nothing does.
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
  EXPECT_THAT(scene.instances.at(waits).status.reason, HasSubstr("room"));
  (void)scene.ask(StopWorkload{Scene::app()});
  EXPECT_EQ(scene.instances.at(waits).status.state, InstanceState::kAssigned);
}

// Lives of the manager itself. --------------------------------------------------------------------

TEST(Manager, ANewLifeRaisesTheEpochRepeatsNothingAndStopsNothing) {
  Scene scene;
  scene.run_app(2);
  const auto before = scene.instances;
  const Epoch epoch = scene.epoch;
  scene.forget_history();
  scene.restart();
  EXPECT_EQ(scene.epoch, epoch.next());
  scene.pass(seconds(20));
  EXPECT_EQ(scene.instances, before);
  EXPECT_EQ(scene.told(EventType::kInstancePlaced), 0U);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  for (const PublishAssignment& one : scene.done<PublishAssignment>()) {
    EXPECT_EQ(one.assignment.number.epoch, scene.epoch);
  }
}

TEST(Manager, APowerCycleGoesOnWhereTheLastManagerLeftIt) {
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
  EXPECT_THAT(scene.switched(), IsEmpty());  // It boots, and is not hit again.
  scene.beat("a", "boot-2");
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
  EXPECT_EQ(scene.told(EventType::kNodeRecovered), 1U);
}

TEST(Manager, NobodyIsSwitchedOffWhileBlind) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.pass(seconds(4));
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOff, {}});
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOn, {}});
  scene.forget_history();
  scene.bus_carries = false;
  scene.pass(std::chrono::minutes(10));
  EXPECT_THAT(scene.switched(), IsEmpty());
  scene.bus_carries = true;  // It has long come back.
  scene.beat("a", "boot-2");
  scene.pass(seconds(2));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
  EXPECT_THAT(scene.switched(), IsEmpty());
}

TEST(Manager, ALifeThatSpokeBeforeItsPowerWasCutIsNoSignOfTheNextOne) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.pass(seconds(4));
  scene.heartbeat("a",
                  sign_of_life(1, "boot-1", 2));  // The agent came up again; the power is in hand.
  EXPECT_EQ(scene.state("a"), NodeState::kDead);
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOff, {}});
  scene.step(PowerSwitched{Scene::node("a"), PowerVerb::kOn, {}});
  scene.heartbeat("a", sign_of_life(2, "boot-1", 2));  // It was under way.
  EXPECT_EQ(scene.state("a"), NodeState::kDead);
  scene.heartbeat("a", sign_of_life(1, "boot-2", 3));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
}

TEST(Manager, ANewLifeKeepsToTheGraceOfAnAgentThatIsDown) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.dials[Scene::node("a")] = DialOutcome::kRefused;
  scene.pass(seconds(5));
  ASSERT_EQ(scene.state("a"), NodeState::kAgentDown);
  scene.restart();
  scene.pass(seconds(25));
  EXPECT_EQ(scene.state("a"), NodeState::kAgentDown);
  scene.pass(seconds(10));
  EXPECT_EQ(scene.state("a"), NodeState::kDead);
}

TEST(Manager, ANewLifeGoesOnAskingAnUnreachableNode) {
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

TEST(Manager, ANewLifePlacesWhatWaitedOnceANodeReports) {
  Scene scene;
  scene.import({"a"});
  (void)scene.deploy(1);
  ASSERT_FALSE(scene.workloads.at(Scene::app()).build_node);
  scene.beat("a");
  scene.nodes.at(Scene::node("a")).state = NodeState::kLive;  // As an earlier manager left it.
  scene.restart();
  scene.pass(seconds(3));
  EXPECT_THAT(scene.instances, SizeIs(1));
}

// Towards the agents. -----------------------------------------------------------------------------

TEST(Manager, AnAssignmentIsSentAgainUntilItIsTakenOver) {
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

TEST(Manager, AnAgentThatFellBackIsToldAgain) {
  Scene scene;
  scene.run_app(1);
  scene.forget_history();
  scene.agents_take_over = false;  // It lost its disk.
  scene.pass(seconds(5));
  EXPECT_THAT(scene.done<PublishAssignment>(), Not(IsEmpty()));
}

TEST(Manager, AnAgentThatFollowsALaterManagerGetsNothingAndItIsSaidWhy) {
  Scene scene;
  scene.run_app(3);
  for (int i = 0; i < 3; ++i) scene.restart();
  scene.pass(seconds(2));
  // The store is lost; the agents still have what they were told.
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
              HasSubstr("1 node bound to a manager of epoch 4 while this one is in epoch 1"));
}

TEST(Manager, AnInstanceIsNotForgottenOnTheWordOfAnAgentThatHasNotLookedYet) {
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

TEST(Manager, AQuietClusterWritesNothingAndTellsNothing) {
  Scene scene;
  scene.run_app(2);
  scene.pass(seconds(5));
  scene.forget_history();
  scene.pass(std::chrono::minutes(2));
  EXPECT_THAT(scene.done<PublishAssignment>(), IsEmpty());
  for (const ManagerBatch& batch : scene.batches) EXPECT_THAT(batch.writes, IsEmpty());
}

/// What an action rests on is in the writes of its own batch or of an earlier one.
TEST(Manager, WhatItActsOnIsInTheWritesOfTheBatch) {
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

}  // namespace
}  // namespace hearth::core
