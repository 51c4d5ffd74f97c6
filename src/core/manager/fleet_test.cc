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

// Lives of the nodes. -----------------------------------------------------------------------------

TEST(ManagerFleet, AnImportedNodeIsAwaitedAndItsFirstHeartbeatMakesItLive) {
  Scene scene;
  scene.import({"a"});
  EXPECT_EQ(scene.state("a"), NodeState::kAwaited);
  EXPECT_THAT(scene.done<WatchNode>(), SizeIs(1));
  scene.pass(seconds(60));
  EXPECT_EQ(scene.state("a"), NodeState::kAwaited);  // Never heard: never judged.
  scene.beat("a");
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
}

TEST(ManagerFleet, ImportingAgainUpdatesTheAddressAndKeepsTheState) {
  Scene scene;
  scene.import({"a"});
  scene.beat("a");
  scene.pass(seconds(1));
  const auto result = scene.ask(ImportNodes{{{Scene::node("a"), "A", {"10.0.0.9", 7000}}}});
  EXPECT_THAT(result->message, HasSubstr("named: 1, new: 0, changed: 1"));
  EXPECT_EQ(scene.nodes.at(Scene::node("a")).agent.address, "10.0.0.9");
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
}

TEST(ManagerFleet, ADeadNodesWorkIsStagedThenPromotedAndTheOldCopyStopsOnceItRuns) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.kill(home.str());
  scene.pass(milliseconds(1500));
  EXPECT_EQ(scene.state(home.str()), NodeState::kSuspect);
  ASSERT_TRUE(scene.instances.contains(Scene::id(2)));
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desire, InstanceDesire::kStage);
  EXPECT_NE(scene.instances.at(Scene::id(2)).node, home);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());

  scene.agents_obey = false;  // The replacement does not run yet.
  scene.pass(seconds(1));
  EXPECT_EQ(scene.state(home.str()), NodeState::kDead);
  EXPECT_EQ(scene.instances.at(Scene::id(2)).desire, InstanceDesire::kRun);
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kLost);
  EXPECT_THAT(scene.switched(), ElementsAre(PowerVerb::kOff));

  scene.agents_obey = true;
  scene.pass(seconds(1));
  EXPECT_THAT(scene.instances, SizeIs(1));
  EXPECT_EQ(scene.instances.begin()->first, Scene::id(2));
}

TEST(ManagerFleet, ASuspectThatIsHeardAgainKeepsItsWorkAndTheStagedCopyIsWithdrawn) {
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

TEST(ManagerFleet, WhileBlindNobodyIsJudgedAndAfterwardsSilencesStartAgain) {
  Scene scene;
  scene.run_app(2);
  scene.bus_carries = false;
  for (const char* name : {"a", "b", "c"}) scene.kill(name);
  scene.pass(seconds(30));
  EXPECT_EQ(scene.told(EventType::kBusBlind), 1U);
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);

  scene.bus_carries = true;
  scene.pass(milliseconds(1100));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  scene.pass(seconds(3));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kDead);
}

TEST(ManagerFleet, ANodeThatAnswersDialsIsUnreachableAndItsStatusComesOverHttp) {
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

TEST(ManagerFleet, AnAgentThatIsDownHasItsGraceBeforeItsWorkMoves) {
  Scene scene;
  scene.run_app(3);
  scene.kill("a");
  scene.dials[Scene::node("a")] = DialOutcome::kRefused;
  scene.pass(seconds(25));
  EXPECT_EQ(scene.state("a"), NodeState::kAgentDown);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
  scene.pass(seconds(10));
  EXPECT_EQ(scene.state("a"), NodeState::kDead);
}

TEST(ManagerFleet, ItsOwnLatenessIsHeldAgainstNobody) {
  Scene scene;
  scene.run_app(2);
  scene.oversleep(seconds(60));
  scene.step(Ticked{});
  EXPECT_EQ(scene.manager->counters().steps_late, 1U);
  scene.pass(seconds(5));
  for (const char* name : {"a", "b", "c"}) EXPECT_EQ(scene.state(name), NodeState::kLive);
  EXPECT_EQ(scene.told(EventType::kNodeSuspect), 0U);
}

// Messages. ---------------------------------------------------------------------------------------

TEST(ManagerFleet, ARepeatedOrOvertakenHeartbeatIsNoSignOfLife) {
  Scene scene;
  scene.import({"a"});
  scene.pass(seconds(1));
  scene.heartbeat("a", sign_of_life(5));
  for (int i = 0; i < 8; ++i) {
    scene.pass(milliseconds(300));
    scene.heartbeat("a", sign_of_life(i % 2 == 0 ? 5 : 4));
  }
  EXPECT_EQ(scene.manager->counters().heartbeats_stale, 8U);
  EXPECT_EQ(scene.state("a"), NodeState::kSuspect);
}

TEST(ManagerFleet, AFormerLifesLateHeartbeatIsNoSignOfLife) {
  Scene scene;
  scene.import({"a"});
  scene.pass(seconds(1));
  scene.heartbeat("a", sign_of_life(900, "boot-1"));
  scene.heartbeat("a", sign_of_life(1, "boot-2"));
  scene.heartbeat("a", sign_of_life(901, "boot-1"));
  EXPECT_EQ(scene.manager->counters().heartbeats_stale, 1U);
  EXPECT_EQ(scene.nodes.at(Scene::node("a")).incarnation.boot_id, "boot-2");
}

TEST(ManagerFleet, AHeartbeatOfAFormerStartOfTheAgentIsNoSignOfLife) {
  Scene scene;
  scene.import({"a"});
  scene.heartbeat("a", sign_of_life(1, "boot-1", 2));
  scene.heartbeat("a", sign_of_life(900, "boot-1", 1));
  EXPECT_EQ(scene.manager->counters().heartbeats_stale, 1U);
  EXPECT_EQ(scene.nodes.at(Scene::node("a")).incarnation.start_count, 2U);
}

TEST(ManagerFleet, AnAgedHeartbeatIsASignOfLifeAtItsSendingNotNow) {
  Scene scene;
  scene.import({"a"});
  scene.pass(seconds(1));
  const MonoTime began = scene.now().mono;
  const auto sent = [&](Duration after, std::uint64_t seq) {
    Heartbeat heartbeat = sign_of_life(seq);
    heartbeat.sent_at = MonoTime(seconds(7)) + after;
    return heartbeat;
  };
  scene.heartbeat("a", sent(seconds(0), 1));
  scene.pass(milliseconds(1900));
  scene.heartbeat("a", sent(milliseconds(100), 2));  // It was under way for 1.8 s.
  EXPECT_EQ(scene.state("a"), NodeState::kSuspect);
  scene.heartbeat("a", sent(scene.now().mono - began, 3));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
}

TEST(ManagerFleet, ABoxWithoutAnAgentIsWatchedButGetsNoWorkAndIsToldNothingTwice) {
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

}  // namespace
}  // namespace hearth::core
