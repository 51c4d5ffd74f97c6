#include "core/node_watch/node_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/node_watch/node_watch_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

using Scene = NodeWatchScene;

constexpr AssignmentNumber kLatest{{1}, {1}};

// Verdicts. ---------------------------------------------------------------------------------------

TEST(NodeWatch, IsNotJudgedBeforeItsFirstHeartbeat) {
  Scene scene;
  scene.pass(10min);
  EXPECT_EQ(scene.state(), NodeState::kAwaited);
  EXPECT_EQ(scene.dialled, 0);
  EXPECT_EQ(scene.watch.next_deadline(), std::nullopt);
  scene.receive(sign_of_life(1));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_EQ(scene.watch.node().evidence, "first heartbeat received");
}

TEST(NodeWatch, SilenceMakesItSuspectAndTwoUnansweredDialsDead) {
  Scene scene;
  scene.live();
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(1s);
  EXPECT_EQ(scene.state(), NodeState::kSuspect);
  scene.pass(1s);
  EXPECT_EQ(scene.state(), NodeState::kDead);
  EXPECT_THAT(scene.watch.node().evidence, HasSubstr("does not answer a dial"));
}

TEST(NodeWatch, AnAgentThatIsDownHasItsGrace) {
  Scene scene;
  scene.live();
  scene.answer = DialOutcome::kRefused;
  scene.pass(31s);
  EXPECT_EQ(scene.state(), NodeState::kAgentDown);
  EXPECT_THAT(scene.verbs, IsEmpty());
  scene.pass(5s);
  EXPECT_EQ(scene.state(), NodeState::kDead);
}

TEST(NodeWatch, AnUnreachableNodeIsAskedForItsStatusOnceASecond) {
  Scene scene;
  scene.live();
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kUnreachable);
  scene.fetched = 0;
  scene.pass(10s);
  EXPECT_EQ(scene.fetched, 10);
}

TEST(NodeWatch, ANodeWithoutAReportIsAskedForOneUntilItReports) {
  Scene scene;
  scene.live_for(5s);
  EXPECT_EQ(scene.fetched, 6) << "at once, and each second";
  Heartbeat reported = sign_of_life(100);
  reported.report = Report{};
  scene.receive(reported);
  scene.fetched = 0;
  scene.seq = 100;
  scene.live_for(5s);
  EXPECT_EQ(scene.fetched, 0);
}

TEST(NodeWatch, NothingChangesWhileTheBusDoesNotCarryAndTheSilenceStartsAgainAfterwards) {
  Scene scene;
  scene.live();
  scene.answer = DialOutcome::kNoAnswer;
  scene.watch.on_bus_lost();
  scene.pass(10min);
  EXPECT_EQ(scene.state(), NodeState::kLive);
  scene.watch.on_bus_restored(scene.now);
  scene.pass(1100ms);
  EXPECT_EQ(scene.state(), NodeState::kLive);
  scene.pass(2s);
  EXPECT_EQ(scene.state(), NodeState::kDead);
}

TEST(NodeWatch, TimeInWhichItsOwnerDidNotRunIsNoSilence) {
  Scene scene;
  scene.live();
  scene.now += 60s;
  scene.watch.on_stall(60s, scene.now);
  scene.tend();
  scene.receive(sign_of_life(100));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_EQ(scene.watch.node().evidence, "first heartbeat received") << "it was never suspect";
}

// Goal: a node that comes back while its owner stalls is not judged by what was known before,
// whenever the stall begins. Method: a stall of 9 s at each moment of a silence; afterwards the
// node answers dials, and its heartbeat waits behind the first step.
TEST(NodeWatch, IsNotJudgedBeforeWhatWaitsBehindAStallIsProcessed) {
  for (const DialOutcome before :
       {DialOutcome::kNoAnswer, DialOutcome::kRefused, DialOutcome::kNotAsked}) {
    for (Duration silent = 100ms; silent < 8s; silent += 100ms) {
      SCOPED_TRACE(testing::Message() << "stall after a silence of " << silent.count() << " ns");
      Scene scene;
      if (before != DialOutcome::kNotAsked) scene.live();
      if (before == DialOutcome::kNotAsked) scene.receive(sign_of_life(1));
      scene.answer = before;
      scene.pass(silent);
      const NodeState known = scene.state();
      if (known == NodeState::kDead) break;
      scene.stall(9s);
      EXPECT_EQ(scene.state(), known);
      scene.answer = DialOutcome::kAnswered;
      scene.pass(50ms);
      EXPECT_NE(scene.state(), NodeState::kDead);
      scene.receive(sign_of_life(100));
      EXPECT_EQ(scene.state(), NodeState::kLive);
    }
  }
}

// Goal: an agent that is down has its whole grace to come back.
TEST(NodeWatch, TheGraceOfAnAgentThatIsDownDoesNotRunOutDuringAStall) {
  Scene scene;
  scene.live();
  scene.answer = DialOutcome::kRefused;
  scene.pass(10s);
  ASSERT_EQ(scene.state(), NodeState::kAgentDown);
  scene.stall(1min);
  scene.pass(10s);
  EXPECT_EQ(scene.state(), NodeState::kAgentDown);
  scene.pass(15s);
  EXPECT_EQ(scene.state(), NodeState::kDead);
}

// Goal: an owner that is late at every step still finds a dead node.
TEST(NodeWatch, AnOwnerThatIsAlwaysLateStillFindsItDead) {
  for (const Duration late : {Duration(300ms), Duration(1s), Duration(5s)}) {
    for (const bool can_be_dialled : {true, false}) {
      Scene scene;
      if (can_be_dialled) scene.live();
      if (!can_be_dialled) scene.receive(sign_of_life(1));
      scene.answer = DialOutcome::kNoAnswer;
      int steps = 0;
      for (; scene.state() != NodeState::kDead && steps < 100; ++steps) scene.stall(late, 250ms);
      EXPECT_EQ(scene.state(), NodeState::kDead) << late.count() << " " << can_be_dialled;
    }
  }
}

TEST(NodeWatch, AWitnessCountsOnlyForTheAddressItAnsweredAt) {
  Scene scene;
  scene.live();
  ASSERT_TRUE(scene.watch.dial().proven());
  scene.answer = DialOutcome::kNoAnswer;  // Nothing is at the new address.
  EXPECT_TRUE(scene.watch.update({kNode, "A", {"10.0.0.99", 7701}}, scene.now));
  scene.live_for(3s);
  scene.pass(5s);
  EXPECT_EQ(scene.state(), NodeState::kSuspect);
  scene.pass(2s);
  EXPECT_EQ(scene.state(), NodeState::kDead) << "like a node that could never be dialled";
}

// Until when its state is known.
// --------------------------------------------------------------------

TEST(NodeWatch, WhatIsKnownOfASilentNodeEndsWithItsLastHeartbeat) {
  Scene scene;
  scene.live();
  EXPECT_EQ(scene.watch.node().known_at, std::nullopt);
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(800ms);
  ASSERT_EQ(scene.state(), NodeState::kSuspect);
  const std::optional<WallTime> known_at = scene.watch.node().known_at;
  ASSERT_TRUE(known_at.has_value());
  EXPECT_LT(*known_at, scene.instant().wall);
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kDead);
  EXPECT_EQ(scene.watch.node().known_at, known_at);
  EXPECT_TRUE(scene.receive(sign_of_life(100, "boot-2")));
}

TEST(NodeWatch, AnUnreachableNodeIsKnownWhileItAnswersOverHttp) {
  Scene scene;
  scene.live();
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kUnreachable);
  ASSERT_TRUE(scene.watch.node().known_at.has_value());
  Heartbeat fetched = sign_of_life(1);
  fetched.seq.reset();
  ASSERT_TRUE(scene.watch.admit(fetched, scene.now));
  EXPECT_EQ(scene.watch.node().known_at, std::nullopt);
  scene.watch.on_fetch_failed(scene.instant());
  EXPECT_EQ(scene.watch.node().known_at, scene.instant().wall);
}

TEST(NodeWatch, ANodeThatThisManagerNeverReceivedIsKnownAsOfTheOneBefore) {
  const WallTime before(5s);
  Scene scene(imported(NodeState::kLive));
  scene.watch.resume(before, scene.now);
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kSuspect);
  EXPECT_EQ(scene.watch.node().known_at, before);
}

// After a restart of the manager. -----------------------------------------------------------------

TEST(NodeWatch, ResumesTheGraceOfAnAgentThatIsDown) {
  Scene scene(imported(NodeState::kSuspect));
  scene.watch.resume(std::nullopt, scene.now);
  scene.answer = DialOutcome::kRefused;
  scene.pass(10s);
  EXPECT_EQ(scene.state(), NodeState::kDead) << "a suspect may never have answered a dial";

  Node down = imported();
  down.state = NodeState::kLive;
  Scene first(down);
  (void)first.watch.transition_to(NodeState::kAgentDown, "", first.instant());
  Scene next(first.watch.node());
  (void)next.watch.take_changed();
  next.watch.resume(std::nullopt, next.now);
  next.answer = DialOutcome::kRefused;
  next.pass(29s);
  EXPECT_EQ(next.state(), NodeState::kAgentDown);
  next.pass(5s);
  EXPECT_EQ(next.state(), NodeState::kDead);
}

// Goal: an operator who corrects the address of a cut-off node does not get it power-cycled.
TEST(NodeWatch, ANewAddressGivesASilentNodeTimeToAnswerThere) {
  Scene answers;
  answers.live();
  answers.pass(1min);
  ASSERT_EQ(answers.state(), NodeState::kUnreachable);
  EXPECT_TRUE(answers.watch.update({kNode, "A", {"10.0.0.99", 7701}}, answers.now));
  answers.pass(1min);
  EXPECT_EQ(answers.state(), NodeState::kUnreachable);

  Scene is_mute;
  is_mute.live();
  is_mute.pass(1min);
  is_mute.answer = DialOutcome::kNotAsked;
  EXPECT_TRUE(is_mute.watch.update({kNode, "A", {"10.0.0.99", 7701}}, is_mute.now));
  is_mute.pass(settings().liveness.dead_after_unconfirmed - 1ms);
  EXPECT_EQ(is_mute.state(), NodeState::kUnreachable);
  is_mute.pass(1ms);
  EXPECT_EQ(is_mute.state(), NodeState::kDead);
}

TEST(NodeWatch, ResumesAskingAnUnreachableNode) {
  Scene scene(imported(NodeState::kUnreachable));
  scene.watch.resume(std::nullopt, scene.now);
  scene.pass(5s);
  EXPECT_EQ(scene.state(), NodeState::kUnreachable);
  EXPECT_GE(scene.fetched, 5);
}

TEST(NodeWatch, ANodeThatDiedBeforeItHadAPowerDriverIsBroughtBackUnlessItReturnsOnItsOwn) {
  Scene lost(imported(NodeState::kDead));
  Scene comes(imported(NodeState::kDead));
  Scene powerless(imported(NodeState::kDead), settings(false));
  for (Scene* scene : {&lost, &comes, &powerless}) scene->watch.on_bus_restored(kStart);
  comes.receive(sign_of_life(1));
  for (Scene* scene : {&lost, &comes, &powerless}) {
    scene->pass(9s);
    EXPECT_THAT(scene->verbs, IsEmpty()) << "it may be returning on its own";
    scene->pass(500ms);
    if (scene == &comes) scene->receive(sign_of_life(2));
    scene->pass(1s);
  }
  EXPECT_THAT(lost.verbs, ElementsAre(PowerVerb::kOff));
  EXPECT_THAT(comes.verbs, IsEmpty());
  EXPECT_THAT(powerless.verbs, IsEmpty());
}

// Messages. ---------------------------------------------------------------------------------------

TEST(NodeWatch, ADuplicateAndAMessageOfAnEarlierIncarnationAreNoSignsOfLife) {
  Scene scene;
  EXPECT_TRUE(scene.receive(sign_of_life(5)));
  EXPECT_FALSE(scene.receive(sign_of_life(5)));
  EXPECT_FALSE(scene.receive(sign_of_life(4)));
  EXPECT_TRUE(scene.receive(sign_of_life(1, "boot-1", 2)));
  EXPECT_FALSE(scene.receive(sign_of_life(6)));
  EXPECT_TRUE(scene.receive(sign_of_life(1, "boot-2", 3)));
  EXPECT_FALSE(scene.receive(sign_of_life(2, "boot-1", 2)));
  EXPECT_EQ(scene.watch.node().incarnation, (Incarnation{"boot-2", 3}));
}

TEST(NodeWatch, AnAgedHeartbeatIsASignOfLifeAtItsSendingNotAtItsReceipt) {
  Scene scene;
  const auto sent = [&](Duration after, std::uint64_t seq) {
    Heartbeat heartbeat = sign_of_life(seq);
    heartbeat.sent_at = MonoTime(7s) + after;
    return heartbeat;
  };
  scene.receive(sent(0s, 1));
  scene.pass(1900ms);
  scene.receive(sent(100ms, 2));  // It was in flight for 1.8 s.
  EXPECT_EQ(scene.state(), NodeState::kSuspect);
  scene.receive(sent(1900ms, 3));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

// Goal: a pause of a virtual machine together with its clock costs a moment, not minutes.
TEST(NodeWatch, AGuestThatWasPausedWithItsClockIsLiveAgainAtOnce) {
  Scene scene;
  std::uint64_t seq = 0;
  MonoTime theirs{7s};
  int suspected = 0;
  const auto beats_for = [&](Duration spell) {
    for (Duration t{0}; t < spell; t += 500ms, theirs += 500ms) {
      Heartbeat heartbeat = sign_of_life(++seq);
      heartbeat.sent_at = theirs;
      scene.receive(heartbeat);
      scene.pass(500ms);
      suspected += scene.state() == NodeState::kLive ? 0 : 1;
    }
  };
  beats_for(30s);
  scene.pass(1s);
  beats_for(3s);
  EXPECT_EQ(scene.state(), NodeState::kLive);
  suspected = 0;
  beats_for(1min);
  EXPECT_EQ(suspected, 0);
}

TEST(NodeWatch, OnlyARebootRemovesItsContainers) {
  Scene scene;
  scene.receive(sign_of_life(1));
  EXPECT_FALSE(scene.sign.booted_anew) << "no boot is known before the first";
  scene.receive(sign_of_life(1, "boot-1", 2));
  EXPECT_FALSE(scene.sign.booted_anew) << "only the agent restarted";
  scene.receive(sign_of_life(1, "boot-2", 3));
  EXPECT_TRUE(scene.sign.booted_anew);
}

// Goal: a port that the agent reports wins over an entry that names none: otherwise the host
// refuses the dial while only the bus is cut, and a healthy node is given up after the grace. A
// port that the entry names wins over the agent's report: it may be forwarded.
TEST(NodeWatch, ThePortOfTheEntryWinsOverTheOneThatTheAgentReports) {
  const NodeEntry unnamed{kNode, "A", {"10.0.0.1", 7701}, false};
  const NodeEntry named{kNode, "A", {"10.0.0.1", 8801}, true};
  Scene scene;
  Heartbeat reported = sign_of_life(1);
  reported.agent_port = 7702;
  scene.receive(reported);
  EXPECT_EQ(scene.watch.node().agent.port, 7702);
  EXPECT_FALSE(scene.watch.dial().proven()) << "it has not answered there yet";
  EXPECT_FALSE(scene.watch.update(unnamed, scene.now));
  EXPECT_EQ(scene.watch.node().agent.port, 7702);
  EXPECT_TRUE(scene.watch.update(named, scene.now));
  reported.seq = 2;
  scene.receive(reported);
  EXPECT_EQ(scene.watch.node().agent.port, 8801);
  EXPECT_FALSE(scene.watch.update(named, scene.now)) << "already known";
}

TEST(NodeWatch, ANewAddressAndANewSpellingAreChanges) {
  Scene scene;
  scene.live();
  EXPECT_TRUE(scene.watch.update({kNode, "A", {"10.0.0.9", 7000}}, scene.now));
  EXPECT_TRUE(scene.watch.take_changed());
  EXPECT_EQ(scene.watch.node().agent, (Endpoint{"10.0.0.9", 7000}));
  EXPECT_TRUE(scene.watch.update({kNode, "The A", {"10.0.0.9", 7000}}, scene.now));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, ReportsAChangeOfItsRecordOnce) {
  Scene scene;
  (void)scene.watch.admit(sign_of_life(1), scene.now);
  EXPECT_FALSE(scene.watch.take_changed()) << "a heartbeat alone is not stored";
  scene.watch.set_capacity({.cpu_millis = 1000});
  EXPECT_TRUE(scene.watch.take_changed());
  scene.watch.set_capacity({.cpu_millis = 1000});
  EXPECT_FALSE(scene.watch.take_changed());
}

TEST(NodeWatch, AChangeOfEligibilityIsReportedOnce) {
  Scene scene;
  const Eligibility live({.state = NodeState::kLive, .has_report = true}, {1});
  EXPECT_TRUE(scene.watch.note_eligibility(live));
  EXPECT_FALSE(scene.watch.note_eligibility(live));
  EXPECT_TRUE(scene.watch.note_eligibility(Eligibility{}));
}

TEST(NodeWatch, IsViewedAsItLastReported) {
  Scene scene;
  EXPECT_FALSE(scene.watch.view(kLatest).has_report);
  Heartbeat reported = sign_of_life(1);
  reported.load.memory = 400;
  reported.report = Report{.problem = "no container runtime"};
  scene.receive(reported);
  scene.receive(sign_of_life(2));
  const NodeView view = scene.watch.view(kLatest);
  EXPECT_EQ(view.state, NodeState::kLive);
  EXPECT_EQ(view.problem, "no container runtime") << "until the next report";
  EXPECT_EQ(view.load, Load{}) << "each heartbeat has its own";
  EXPECT_EQ(view.applied, kLatest.epoch);
}

// Trouble. ----------------------------------------------------------------------------------------

TEST(NodeWatch, IsGivenUpOnlyAfterAGraceAndUntilItIsWell) {
  Scene scene;
  scene.live();
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(1, "no container runtime"), true, scene.now));
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(2, nullptr), true, scene.now + 31s))
      << "it did not report";
  EXPECT_TRUE(
      scene.watch.note_trouble(in_trouble(3, "no container runtime"), true, scene.now + 31s));
  EXPECT_FALSE(
      scene.watch.note_trouble(in_trouble(4, "no container runtime"), true, scene.now + 32s))
      << "already given up";
  EXPECT_TRUE(scene.watch.is_given_up());
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(5, ""), true, scene.now + 33s));
  EXPECT_FALSE(scene.watch.is_given_up());
}

TEST(NodeWatch, ANodeThatCannotBeSentItsAssignmentIsInTrouble) {
  Scene scene;
  scene.live();
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kUnreachable);
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(1, ""), false, scene.now));
  EXPECT_TRUE(scene.watch.note_trouble(in_trouble(2, ""), false, scene.now + 31s));
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(3, ""), true, scene.now + 31s));
  EXPECT_FALSE(scene.watch.is_given_up()) << "it follows its assignment after all";
}

TEST(NodeWatch, TroubleDoesNotCountWhileTheBusDoesNotCarryOrItsOwnerIsLate) {
  Scene scene;
  scene.live();
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(1, "no container runtime"), true, scene.now));
  scene.watch.on_bus_lost();
  EXPECT_FALSE(
      scene.watch.note_trouble(in_trouble(2, "no container runtime"), true, scene.now + 40s));
  scene.now += 40s;
  scene.watch.on_bus_restored(scene.now);
  EXPECT_FALSE(
      scene.watch.note_trouble(in_trouble(3, "no container runtime"), true, scene.now + 29s));
  scene.now += 60s;
  scene.watch.on_stall(40s, scene.now);
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(4, "no container runtime"), true, scene.now));
  EXPECT_TRUE(
      scene.watch.note_trouble(in_trouble(5, "no container runtime"), true, scene.now + 11s));
}

}  // namespace
}  // namespace hearth::core
