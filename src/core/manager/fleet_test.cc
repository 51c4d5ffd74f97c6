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

// Goal: a port that the agent told stands against an entry that names none: otherwise the host
// refuses the dial while only the bus is cut, and a healthy node is given up after the grace. One
// that the entry names stands against the agent's word: its port may be forwarded.
TEST(ManagerFleet, APortThatIsNamedStandsAndElseTheOneThatTheAgentTells) {
  Scene scene;
  const NodeEntry unnamed{Scene::node("a"), "a", {"10.0.0.1", 7701}, false};
  const NodeEntry named{Scene::node("a"), "a", {"10.0.0.1", 8801}, true};
  std::uint64_t seq = 0;
  const auto port_after_a_heartbeat = [&] {
    Heartbeat told = sign_of_life(++seq);
    told.agent_port = 7702;
    scene.heartbeat("a", told);
    return scene.nodes.at(Scene::node("a")).agent.port;
  };
  (void)scene.ask(ImportNodes{{unnamed}});
  EXPECT_EQ(port_after_a_heartbeat(), 7702);
  EXPECT_THAT(scene.ask(ImportNodes{{unnamed}})->message, HasSubstr("changed: 0"));
  EXPECT_EQ(scene.nodes.at(Scene::node("a")).agent.port, 7702);
  EXPECT_THAT(scene.ask(ImportNodes{{named}})->message, HasSubstr("changed: 1"));
  EXPECT_EQ(port_after_a_heartbeat(), 8801);
  scene.restart();
  EXPECT_EQ(port_after_a_heartbeat(), 8801);
  EXPECT_THAT(scene.ask(ImportNodes{{named}})->message, HasSubstr("changed: 0"));
}

// Goal: a witness is one for the address it answered at.
TEST(ManagerFleet, ANodeWithANewAddressHasNoWitnessUntilItAnswersThere) {
  Scene scene;
  scene.run_app(1);
  scene.dials[Scene::node("a")] = DialOutcome::kNoAnswer;  // Nobody is at the new address.
  (void)scene.ask(ImportNodes{{{Scene::node("a"), "a", {"10.0.0.99", 7701}}}});
  scene.pass(seconds(5));
  scene.beats.erase(Scene::node("a"));
  scene.pass(seconds(5));
  EXPECT_EQ(scene.state("a"), NodeState::kSuspect);
  EXPECT_THAT(scene.done<SwitchPower>(), IsEmpty());
}

TEST(ManagerFleet, MoreNodesThanAClusterMayHaveAreRefusedWhole) {
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
  EXPECT_TRUE(scene.ask(ImportNodes{{entry("n0"), entry("a"), entry("a")}}));
  EXPECT_EQ(scene.ask(ImportNodes{{entry("b")}}).error().code, ErrorCode::kExhausted);
  EXPECT_TRUE(scene.ask(ImportNodes{{entry("n1"), entry("a")}})) << "what is there may be changed";
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

// Goal: a node that came back while the manager stood still is not switched off.
TEST(ManagerFleet, ItsOwnLatenessIsNoReasonToSwitchANodeOff) {
  Scene scene;
  scene.run_app(1);
  scene.kill("a");
  scene.pass(seconds(3));
  ASSERT_THAT(scene.switched(), ElementsAre(PowerVerb::kOff));
  scene.step(
      PowerSwitched{Scene::node("a"), PowerVerb::kOff, fail(ErrorCode::kFailed, "no such port")});
  ASSERT_EQ(scene.nodes.at(Scene::node("a")).recovery.phase, RecoveryPhase::kWaiting);
  scene.oversleep(seconds(60));  // A person switches it on meanwhile.
  scene.step(Ticked{});
  scene.beat("a", "boot-2");
  scene.pass(seconds(3));
  EXPECT_THAT(scene.switched(), ElementsAre(PowerVerb::kOff));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
}

TEST(ManagerFleet, ANodeThatWasDeadBeforeItHadAPowerDriverIsBroughtBackUnlessItComesByItself) {
  ManagerSettings settings = Scene::settings_with_power();
  settings.power_by_default = false;
  Scene scene(settings);
  scene.run_app(1);
  scene.kill("a");
  scene.kill("b");
  scene.pass(seconds(5));
  ASSERT_EQ(scene.state("a"), NodeState::kDead);
  EXPECT_THAT(scene.switched(), IsEmpty());

  scene.restart(Scene::settings_with_power());
  scene.beat("b", "boot-2");
  scene.pass(seconds(5));
  EXPECT_THAT(scene.switched(), IsEmpty()) << "it may be on its way by itself";
  scene.pass(seconds(10));
  ASSERT_THAT(scene.done<SwitchPower>(), SizeIs(1));
  EXPECT_EQ(scene.done<SwitchPower>().front().node, Scene::node("a"));
  EXPECT_EQ(scene.state("b"), NodeState::kLive);
}

TEST(ManagerFleet, ABoxWithoutAnAgentIsBackWithItsFirstSignAfterItsPowerCameBack) {
  Scene scene;
  scene.import({"box"});
  scene.heartbeat("box", {});
  scene.pass(seconds(10));
  ASSERT_EQ(scene.state("box"), NodeState::kDead);
  scene.step(PowerSwitched{Scene::node("box"), PowerVerb::kOff, {}});
  scene.step(PowerSwitched{Scene::node("box"), PowerVerb::kOn, {}});
  scene.pass(seconds(5));
  scene.heartbeat("box", {});
  EXPECT_EQ(scene.state("box"), NodeState::kLive);
  EXPECT_EQ(scene.told(EventType::kNodeRecoveryFailed), 0U);
}

// Goal: ACTIVE means running, also for a node that rebooted while the manager was away and whose
// engine does not come up.
TEST(ManagerFleet, WithAMachinesFormerLifeItsContainersAreOver) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.manager.reset();
  scene.oversleep(seconds(60));
  scene.restart();
  Heartbeat in_trouble = sign_of_life(1, "boot-2");
  in_trouble.report = Report{};
  in_trouble.report->problem = "the engine does not answer";
  scene.beats.erase(home);
  scene.pass(milliseconds(100));
  scene.heartbeat(home.str(), in_trouble);
  const InstanceStatus& status = scene.instances.at(Scene::id(1)).status;
  EXPECT_EQ(status.state, InstanceState::kAssigned);
  EXPECT_TRUE(status.container.empty());
  EXPECT_THAT(status.reason, HasSubstr("booted anew"));
}

TEST(ManagerFleet, AnAgentThatStartsAnewWithinABootTakesNoContainerAway) {
  Scene scene;
  scene.run_app(1);
  const NodeName home = *scene.instances.at(Scene::id(1)).node;
  scene.heartbeat(home.str(), sign_of_life(1, "boot-1", 2));
  EXPECT_EQ(scene.instances.at(Scene::id(1)).status.state, InstanceState::kRunning);
}

// Goal: a pause of a virtual machine, clock and all, costs a moment, not minutes of flapping.
TEST(ManagerFleet, AGuestThatWasPausedWithItsClockIsLiveAgainAtOnce) {
  Scene scene;
  scene.import({"a"});
  scene.pass(seconds(1));
  std::uint64_t seq = 0;
  MonoTime theirs{seconds(7)};
  const auto beats_for = [&](Duration spell) {
    for (Duration t{0}; t < spell; t += milliseconds(500)) {
      Heartbeat heartbeat = sign_of_life(++seq);
      heartbeat.sent_at = theirs;
      scene.heartbeat("a", heartbeat);
      scene.pass(milliseconds(500));
      theirs += milliseconds(500);
    }
  };
  beats_for(seconds(30));
  scene.pass(seconds(1));
  beats_for(seconds(3));
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
  scene.forget_history();
  beats_for(seconds(60));
  EXPECT_EQ(scene.told(EventType::kNodeSuspect), 0U);
  EXPECT_EQ(scene.state("a"), NodeState::kLive);
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
