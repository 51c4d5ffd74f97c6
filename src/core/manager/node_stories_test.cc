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

TEST(ManagerNodes, AnImportReportsWhatIsNewAndIsRefusedWholeAboveTheLimit) {
  Scene scene;
  for (std::size_t i = 0; i < kNodesMax - 1; ++i) {
    const NodeName name = Scene::node(fmt::format("n{}", i));
    scene.nodes.emplace(name, Node{.name = name});
  }
  scene.restart();
  const auto entry = [](const std::string& name) {
    return NodeEntry{Scene::node(name), name, {"10.0.0.1", 7701}};
  };
  const auto refused = scene.ask(ImportNodes{{entry("a"), entry("b")}});
  EXPECT_EQ(refused.error().code, ErrorCode::kExhausted);
  EXPECT_EQ(scene.manager->nodes().size(), kNodesMax - 1);
  EXPECT_EQ(scene.ask(ImportNodes{{entry("n0"), entry("a"), entry("a")}})->message,
            "named: 3, new: 1, changed: 1");
  EXPECT_EQ(scene.nodes.at(Scene::node("n0")).agent.address, "10.0.0.1");
  EXPECT_EQ(scene.ask(ImportNodes{{entry("b")}}).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(scene.ask(ImportNodes{{entry("n1"), entry("a")}})) << "known nodes can be changed";
}

TEST(ManagerNodes, WorkOfADeadNodeIsStagedThenPromotedAndTheOldInstanceStopsOnceItRuns) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.kill(home.str());
  scene.pass(milliseconds(1500));
  EXPECT_EQ(scene.state(home.str()), NodeState::kSuspect);
  ASSERT_TRUE(scene.instances.contains(Scene::id(2)));
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desired_state, DesiredState::kStage);
  EXPECT_NE(scene.instances.at(Scene::id(2)).node, home);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());

  scene.agents_obey = false;  // The replacement does not run yet.
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state(home.str()), NodeState::kDead);
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desired_state, DesiredState::kRun);
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kLost);
  EXPECT_THAT(scene.switched(), ElementsAre(PowerVerb::kOff));

  scene.agents_obey = true;
  scene.pass(seconds(1));
  EXPECT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(2));
}

TEST(ManagerNodes, ASuspectThatIsReceivedAgainKeepsItsWorkAndTheStagedInstanceIsWithdrawn) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  const Scene::Beat beat = scene.beats.at(home);
  scene.beats.erase(home);
  scene.pass(milliseconds(1400));
  ASSERT_EQ(scene.state(home.str()), NodeState::kSuspect);
  scene.beats[home] = beat;
  scene.pass(seconds(2));
  EXPECT_EQ(scene.state(home.str()), NodeState::kLive);
  EXPECT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(1));
}

TEST(ManagerNodes, NoNodeIsJudgedWhileBlindAndSilencesStartAgainAfterwards) {
  Scene scene;
  scene.run_app(2);
  scene.bus_carries = false;
  for (const char* name : {"a", "b", "c"}) scene.kill(name);
  scene.pass(seconds(30));
  EXPECT_EQ(scene.reported(EventType::kBusBlind), 1U);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);

  scene.bus_carries = true;
  scene.pass(milliseconds(1100));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  scene.pass(seconds(3));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kDead);
}

TEST(ManagerNodes, ANodeThatAnswersDialsIsUnreachableAndItsStatusComesOverHttp) {
  Scene scene;
  scene.run_app(3);
  scene.beats.erase(Scene::node("a"));
  scene.pass(seconds(6));
  EXPECT_EQ(scene.state("a"), NodeState::kUnreachable);
  EXPECT_THAT(scene.instances, SizeIs(3));
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  EXPECT_GE(scene.done<FetchStatus>().size(), 3U);

  const InstanceId here = *scene.placed().at(Scene::node("a")).begin();
  Heartbeat status{.incarnation = {"boot-1", 1}, .report = Report{}};
  status.report->instances[here] = {.state = InstanceState::kBackoff, .reason = "it ended"};
  scene.step(StatusFetched{Scene::node("a"), status});
  EXPECT_EQ(scene.instances.at(here).status.state, InstanceState::kBackoff);
  EXPECT_EQ(scene.state("a"), NodeState::kUnreachable);
}

TEST(ManagerNodes, ItsOwnLatenessIsCountedAgainstNoNode) {
  Scene scene;
  scene.run_app(2);
  scene.oversleep(seconds(60));
  scene.step(Ticked{});
  EXPECT_EQ(scene.manager->counters().steps_late, 1U);
  scene.pass(seconds(5));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  EXPECT_EQ(scene.reported(EventType::kNodeSuspect), 0U);

  scene.kill("a");
  scene.pass(milliseconds(1300));
  ASSERT_EQ(scene.state("a"), NodeState::kSuspect);
  const Dial under_way = scene.done<Dial>().back();
  scene.forget_history();
  scene.oversleep(milliseconds(600));
  scene.step(Ticked{});
  scene.step(Dialled{under_way.node, under_way.dial, DialOutcome::kNoAnswer});
  EXPECT_THAT(scene.done<Dial>(), SizeIs(1)) << "that outcome does not count";
  EXPECT_EQ(scene.state("a"), NodeState::kSuspect);
}

// Goal: ACTIVE means running, even for a node that rebooted while the manager was away and whose
// runtime does not start.
TEST(ManagerNodes, ARebootEndsTheContainersOfItsNode) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.manager.reset();
  scene.oversleep(seconds(60));
  scene.restart();
  Heartbeat in_trouble = sign_of_life(1, "boot-2");
  in_trouble.report = Report{};
  in_trouble.report->problem = "the container runtime does not answer";
  scene.beats.erase(home);
  scene.pass(milliseconds(100));
  scene.heartbeat(home.str(), in_trouble);
  const InstanceStatus& status = scene.instances.at(Scene::id(1)).status;
  EXPECT_EQ(status.state, InstanceState::kAssigned);
  EXPECT_TRUE(status.container.empty());
  EXPECT_THAT(status.reason, HasSubstr("rebooted"));

  scene.heartbeat(home.str(), sign_of_life(1000, "boot-1"));  // It was in flight.
  EXPECT_EQ(scene.manager->counters().heartbeats_stale, 1U);
  EXPECT_EQ(scene.nodes.at(home).incarnation.boot_id, "boot-2");
}

TEST(ManagerNodes, ABoxWithoutAnAgentIsWatchedButGetsNoWorkAndNoAssignmentTwice) {
  Scene scene;
  scene.import({"box"});
  for (int i = 0; i < 20; ++i) {
    scene.heartbeat("box", {});
    scene.pass(milliseconds(500));
  }
  EXPECT_EQ(scene.state("box"), NodeState::kLive);
  EXPECT_THAT(scene.done<PublishAssignment>(), SizeIs(1));
  (void)scene.deploy(1);
  EXPECT_THAT(scene.workloads.at(Scene::app()).reason, HasSubstr("without a report"));
}

// Reports. ----------------------------------------------------------------------------------------

TEST(ManagerNodes, AReportCountsForItsOwnNodeAlone) {
  Scene scene;
  scene.run_app(1);
  ASSERT_EQ(scene.instances.at(Scene::id(1)).node, Scene::node("a"));
  scene.agents_obey = false;
  (void)scene.deploy(1, 'b');
  ASSERT_EQ(scene.workloads.at(Scene::app()).build_node, Scene::node("b"));
  Heartbeat heartbeat = sign_of_life(1000);
  heartbeat.report = Report{.images = {"hearth/app:1"}};
  heartbeat.report->instances[Scene::id(1)] = {.state = InstanceState::kCrashLoop};
  heartbeat.report->builds = {
      {.workload = Scene::app(), .generation = {2}, .state = BuildState::kFailed}};
  scene.heartbeat("c", heartbeat);
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kRunning);
  EXPECT_EQ(scene.workloads.at(Scene::app()).phase, WorkloadPhase::kBuilding);
}

TEST(ManagerNodes, TheReportOfADeadNodeIsNotBelievedBeforeItsIncarnationIs) {
  Scene scene;
  scene.run_app(1);
  scene.agents_obey = false;
  scene.kill("a");
  scene.pass(seconds(4));
  ASSERT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kLost);
  Heartbeat heartbeat = sign_of_life(1000);
  heartbeat.report = Report{};
  heartbeat.report->instances[Scene::id(1)] = {.state = InstanceState::kRunning};
  scene.heartbeat("a", heartbeat);
  EXPECT_EQ(scene.state("a"), NodeState::kDead) << "its power is being switched";
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kLost);
}

TEST(ManagerNodes, AHolderOfAnImageThatFallsSilentIsReplaced) {
  Scene scene;
  scene.run_app(1);
  const NodeName holder = *scene.manager->warm_images().holder_of(Scene::app());
  scene.kill(holder.str());
  scene.pass(milliseconds(1500));
  ASSERT_EQ(scene.state(holder.str()), NodeState::kSuspect);
  EXPECT_NE(scene.manager->warm_images().holder_of(Scene::app()), holder);
}

}  // namespace
}  // namespace hearth::core
