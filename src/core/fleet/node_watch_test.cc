#include "core/fleet/node_watch.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr MonoTime kStart{1h};
constexpr WishNumber kLatest{{1}, {1}};
const NodeName kNode = *NodeName::parse("a");

WatchSettings settings(bool has_power = true) {
  return {
      .liveness = settings_of(LivenessProfile::kDefault), .recovery = {}, .has_power = has_power};
}

Node imported(NodeState state = NodeState::kAwaited) {
  return {.name = kNode,
          .display_name = "A",
          .agent = {.address = "10.0.0.1", .port = 7701},
          .state = state};
}

Heartbeat sign_of_life(std::uint64_t seq, const char* boot = "boot-1", std::uint64_t start = 1) {
  return {
      .incarnation = {boot, start}, .seq = seq, .sent_at = std::nullopt, .report = std::nullopt};
}

/// One watch with an owner that makes its verdicts true, and an agent that may be dialled.
struct Scene {
  explicit Scene(Node node = imported(), const WatchSettings& with = settings())
      : watch(with, std::move(node), true, kStart) {}

  Instant instant() const { return {now, WallTime(std::chrono::seconds(7))}; }
  NodeState state() const { return watch.node().state; }

  /// False: it is no sign of life.
  bool receive(const Heartbeat& heartbeat) {
    if (!watch.admit(heartbeat, now)) return false;
    sign = watch.on_sign_of_life(heartbeat, now, instant());
    note_recovery();
    if (sign.verdict) transition(*sign.verdict);
    watch.ask_for_report(heartbeat, now);
    tend();
    return true;
  }
  void tend() {
    if (const std::optional<Verdict> verdict = watch.judge(now)) transition(*verdict);
    watch.tend_recovery(now);
    note_recovery();
    if (const std::optional<std::uint64_t> number = watch.take_dial(now)) {
      ++dialled;
      dial = number;
      answer_at = now + (answer == DialOutcome::kNoAnswer ? watch.dial().timeout() : 0s);
    }
    if (watch.take_fetch(now)) ++fetched;
    (void)watch.take_changed();
    watch.check_invariants();
  }
  void transition(const Verdict& verdict) {
    (void)watch.transition_to(verdict.state, verdict.evidence, instant());
    if (verdict.state == NodeState::kDead) watch.begin_recovery(now);
    note_recovery();
  }
  void note_recovery() {
    (void)watch.take_recovery_change();
    if (const std::optional<PowerVerb> verb = watch.take_verb()) verbs.push_back(*verb);
  }
  /// Time passes; what is due is done.
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    while (true) {
      std::optional<MonoTime> next = watch.next_deadline();
      if (dial) next = std::min(next.value_or(answer_at), answer_at);
      if (!next || *next > end) break;
      now = std::max(now, *next);
      if (dial && answer_at <= now)
        watch.on_dialled(*std::exchange(dial, std::nullopt), answer, now);
      tend();
    }
    now = end;
    tend();
  }
  /// It beats, is dialled and answers.
  void live_for(Duration duration) {
    for (Duration t{0}; t < duration; t += 500ms) {
      receive(sign_of_life(++seq, boot));
      pass(500ms);
    }
  }
  void live() { live_for(1s); }
  void switched(PowerVerb verb, const Result<void>& outcome = {}) {
    watch.on_switched(verb, outcome, now);
    tend();
  }

  NodeWatch watch;
  MonoTime now = kStart;
  const char* boot = "boot-1";
  std::uint64_t seq = 0;
  DialOutcome answer = DialOutcome::kAnswered;
  std::optional<std::uint64_t> dial;
  MonoTime answer_at;
  int dialled = 0;
  int fetched = 0;
  SignOutcome sign;
  std::vector<PowerVerb> verbs;
};

// How it is judged. -------------------------------------------------------------------------------

TEST(NodeWatch, IsNotJudgedBeforeItWasReceivedOnce) {
  Scene scene;
  scene.pass(10min);
  EXPECT_EQ(scene.state(), NodeState::kAwaited);
  EXPECT_EQ(scene.dialled, 0);
  EXPECT_EQ(scene.watch.next_deadline(), std::nullopt);
  scene.receive(sign_of_life(1));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_EQ(scene.watch.node().evidence, "heard for the first time");
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

TEST(NodeWatch, OneThatAnswersDialsIsAskedForItsStatusOnceASecond) {
  Scene scene;
  scene.live();
  scene.pass(2s);
  ASSERT_EQ(scene.state(), NodeState::kUnreachable);
  scene.fetched = 0;
  scene.pass(10s);
  EXPECT_EQ(scene.fetched, 10);
}

TEST(NodeWatch, OneThatNeverReportedIsAskedForItUntilItDoes) {
  Scene scene;
  scene.live_for(5s);
  EXPECT_EQ(scene.fetched, 6) << "at once, and each second";
  Heartbeat told = sign_of_life(100);
  told.report = Report{};
  scene.receive(told);
  scene.fetched = 0;
  scene.seq = 100;
  scene.live_for(5s);
  EXPECT_EQ(scene.fetched, 0);
}

TEST(NodeWatch, WhileTheBusDoesNotCarryNothingChangesAndAfterwardsTheSilenceStartsAgain) {
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
  EXPECT_EQ(scene.watch.node().evidence, "heard for the first time") << "it never was suspect";
}

TEST(NodeWatch, AWitnessIsOneForTheAddressItAnsweredAt) {
  Scene scene;
  scene.live();
  ASSERT_TRUE(scene.watch.dial().proven());
  scene.answer = DialOutcome::kNoAnswer;  // Nobody is at the new address.
  EXPECT_TRUE(scene.watch.update({kNode, "A", {"10.0.0.99", 7701}}, scene.now));
  scene.live_for(3s);
  scene.pass(5s);
  EXPECT_EQ(scene.state(), NodeState::kSuspect);
  scene.pass(2s);
  EXPECT_EQ(scene.state(), NodeState::kDead) << "as one that could never be dialled";
}

// What an earlier manager left. -------------------------------------------------------------------

TEST(NodeWatch, GoesOnWithTheGraceOfAnAgentThatIsDown) {
  Scene scene(imported(NodeState::kSuspect));
  scene.watch.resume(scene.now);
  scene.answer = DialOutcome::kRefused;
  scene.pass(10s);
  EXPECT_EQ(scene.state(), NodeState::kDead) << "a suspect may never have answered a dial";

  Node down = imported();
  down.state = NodeState::kLive;
  Scene first(down);
  (void)first.watch.transition_to(NodeState::kAgentDown, "", first.instant());
  Scene next(first.watch.node());
  (void)next.watch.take_changed();
  next.watch.resume(next.now);
  next.answer = DialOutcome::kRefused;
  next.pass(29s);
  EXPECT_EQ(next.state(), NodeState::kAgentDown);
  next.pass(5s);
  EXPECT_EQ(next.state(), NodeState::kDead);
}

TEST(NodeWatch, GoesOnAskingAnUnreachableNode) {
  Scene scene(imported(NodeState::kUnreachable));
  scene.watch.resume(scene.now);
  scene.pass(5s);
  EXPECT_EQ(scene.state(), NodeState::kUnreachable);
  EXPECT_GE(scene.fetched, 5);
}

TEST(NodeWatch, OneThatWasDeadBeforeItHadAPowerDriverIsBroughtBackUnlessItComesByItself) {
  Scene lost(imported(NodeState::kDead));
  Scene comes(imported(NodeState::kDead));
  Scene powerless(imported(NodeState::kDead), settings(false));
  for (Scene* scene : {&lost, &comes, &powerless}) scene->watch.on_bus_restored(kStart);
  comes.receive(sign_of_life(1));
  for (Scene* scene : {&lost, &comes, &powerless}) {
    scene->pass(9s);
    EXPECT_THAT(scene->verbs, IsEmpty()) << "it may be on its way by itself";
    scene->pass(500ms);
    if (scene == &comes) scene->receive(sign_of_life(2));
    scene->pass(1s);
  }
  EXPECT_THAT(lost.verbs, ElementsAre(PowerVerb::kOff));
  EXPECT_THAT(comes.verbs, IsEmpty());
  EXPECT_THAT(powerless.verbs, IsEmpty());
}

// What it says. -----------------------------------------------------------------------------------

TEST(NodeWatch, ARepeatedMessageAndOneOfAFormerIncarnationAreNoSignOfLife) {
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

TEST(NodeWatch, AnAgedHeartbeatIsASignOfLifeAtItsSendingNotNow) {
  Scene scene;
  const auto sent = [&](Duration after, std::uint64_t seq) {
    Heartbeat heartbeat = sign_of_life(seq);
    heartbeat.sent_at = MonoTime(7s) + after;
    return heartbeat;
  };
  scene.receive(sent(0s, 1));
  scene.pass(1900ms);
  scene.receive(sent(100ms, 2));  // It was under way for 1.8 s.
  EXPECT_EQ(scene.state(), NodeState::kSuspect);
  scene.receive(sent(1900ms, 3));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

// Goal: a pause of a virtual machine, clock and all, costs a moment, not minutes of flapping.
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

TEST(NodeWatch, OnlyAnotherBootTakesItsContainersAway) {
  Scene scene;
  scene.receive(sign_of_life(1));
  EXPECT_FALSE(scene.sign.booted_anew) << "nothing is known of a boot before the first";
  scene.receive(sign_of_life(1, "boot-1", 2));
  EXPECT_FALSE(scene.sign.booted_anew) << "the agent alone started anew";
  scene.receive(sign_of_life(1, "boot-2", 3));
  EXPECT_TRUE(scene.sign.booted_anew);
}

// Goal: a port that the agent told stands against an entry that names none: otherwise the host
// refuses the dial while only the bus is cut, and a healthy node is given up after the grace. One
// that the entry names stands against the agent's word: its port may be forwarded.
TEST(NodeWatch, APortThatIsNamedStandsAndElseTheOneThatTheAgentTells) {
  const NodeEntry unnamed{kNode, "A", {"10.0.0.1", 7701}, false};
  const NodeEntry named{kNode, "A", {"10.0.0.1", 8801}, true};
  Scene scene;
  Heartbeat told = sign_of_life(1);
  told.agent_port = 7702;
  scene.receive(told);
  EXPECT_EQ(scene.watch.node().agent.port, 7702);
  EXPECT_FALSE(scene.watch.dial().proven()) << "it has not answered there yet";
  EXPECT_FALSE(scene.watch.update(unnamed, scene.now));
  EXPECT_EQ(scene.watch.node().agent.port, 7702);
  EXPECT_TRUE(scene.watch.update(named, scene.now));
  told.seq = 2;
  scene.receive(told);
  EXPECT_EQ(scene.watch.node().agent.port, 8801);
  EXPECT_FALSE(scene.watch.update(named, scene.now)) << "it is known";
}

TEST(NodeWatch, ANewAddressAndANewSpellingAreNews) {
  Scene scene;
  scene.live();
  EXPECT_TRUE(scene.watch.update({kNode, "A", {"10.0.0.9", 7000}}, scene.now));
  EXPECT_TRUE(scene.watch.take_changed());
  EXPECT_EQ(scene.watch.node().agent, (Endpoint{"10.0.0.9", 7000}));
  EXPECT_TRUE(scene.watch.update({kNode, "The A", {"10.0.0.9", 7000}}, scene.now));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, TellsOfItsRecordOnceAndOnlyIfThatChanged) {
  Scene scene;
  (void)scene.watch.admit(sign_of_life(1), scene.now);
  EXPECT_FALSE(scene.watch.take_changed()) << "that it was received is nothing to be written down";
  scene.watch.set_capacity({.cpu_millis = 1000});
  EXPECT_TRUE(scene.watch.take_changed());
  scene.watch.set_capacity({.cpu_millis = 1000});
  EXPECT_FALSE(scene.watch.take_changed());
}

TEST(NodeWatch, AnotherEligibilityIsToldOnce) {
  Scene scene;
  const Eligibility live({.state = NodeState::kLive, .has_report = true}, {1});
  EXPECT_TRUE(scene.watch.note_eligibility(live));
  EXPECT_FALSE(scene.watch.note_eligibility(live));
  EXPECT_TRUE(scene.watch.note_eligibility(Eligibility{}));
}

TEST(NodeWatch, IsSeenAsWhatItLastSaid) {
  Scene scene;
  EXPECT_FALSE(scene.watch.view(kLatest).has_report);
  Heartbeat told = sign_of_life(1);
  told.load.memory = 400;
  told.report = Report{.problem = "no engine"};
  scene.receive(told);
  scene.receive(sign_of_life(2));
  const NodeView view = scene.watch.view(kLatest);
  EXPECT_EQ(view.state, NodeState::kLive);
  EXPECT_EQ(view.problem, "no engine") << "until the next report";
  EXPECT_EQ(view.load, Load{}) << "each heartbeat tells its own";
  EXPECT_EQ(view.applied, kLatest.epoch);
}

// Trouble. ----------------------------------------------------------------------------------------

/// What it says when its engine is gone; nullptr: nothing of its engine at all.
Heartbeat in_trouble(std::uint64_t seq, const char* problem) {
  Heartbeat heartbeat = sign_of_life(seq);
  if (problem != nullptr) heartbeat.report = Report{.problem = problem};
  return heartbeat;
}

TEST(NodeWatch, IsGivenUpOnlyAfterAGraceAndOnceItIsWellNoMore) {
  Scene scene;
  scene.live();
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(1, "no engine"), true, scene.now));
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(2, nullptr), true, scene.now + 31s))
      << "it said nothing of it";
  EXPECT_TRUE(scene.watch.note_trouble(in_trouble(3, "no engine"), true, scene.now + 31s));
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(4, "no engine"), true, scene.now + 32s))
      << "that is known";
  EXPECT_TRUE(scene.watch.is_given_up());
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(5, ""), true, scene.now + 33s));
  EXPECT_FALSE(scene.watch.is_given_up());
}

TEST(NodeWatch, OneThatCannotBeToldItsAssignmentIsInTrouble) {
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
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(1, "no engine"), true, scene.now));
  scene.watch.on_bus_lost();
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(2, "no engine"), true, scene.now + 40s));
  scene.now += 40s;
  scene.watch.on_bus_restored(scene.now);
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(3, "no engine"), true, scene.now + 29s));
  scene.now += 60s;
  scene.watch.on_stall(40s, scene.now);
  EXPECT_FALSE(scene.watch.note_trouble(in_trouble(4, "no engine"), true, scene.now));
  EXPECT_TRUE(scene.watch.note_trouble(in_trouble(5, "no engine"), true, scene.now + 11s));
}

// How it is brought back. -------------------------------------------------------------------------

Scene dead() {
  Scene scene;
  scene.live();
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(3s);
  return scene;
}

TEST(NodeWatch, ADeadNodeIsSwitchedOffAndOnAndIsBackWithANewIncarnation) {
  Scene scene = dead();
  EXPECT_EQ(scene.watch.node().recovery.phase, RecoveryPhase::kSwitchingOff);
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  EXPECT_THAT(scene.verbs, ElementsAre(PowerVerb::kOff, PowerVerb::kOn));
  scene.receive(sign_of_life(1, "boot-2", 2));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  ASSERT_TRUE(scene.sign.recovered);
  EXPECT_EQ(scene.sign.recovered->attempts, 1U);
  EXPECT_FALSE(scene.sign.recovered->same_incarnation);
  EXPECT_TRUE(scene.sign.booted_anew);
}

TEST(NodeWatch, WithoutAPowerDriverADeadNodeIsAwaited) {
  Scene scene(imported(), settings(false));
  scene.live();
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(1min);
  EXPECT_EQ(scene.state(), NodeState::kDead);
  EXPECT_THAT(scene.verbs, IsEmpty());
  scene.receive(sign_of_life(100));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, ALifeThatSpokeBeforeItsPowerWasCutIsNoSignOfTheNextOne) {
  Scene scene = dead();
  scene.receive(sign_of_life(1, "boot-1", 2));  // The agent came up again; the power is in hand.
  EXPECT_EQ(scene.state(), NodeState::kDead);
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.receive(sign_of_life(2, "boot-1", 2));  // It was under way.
  EXPECT_EQ(scene.state(), NodeState::kDead);
  scene.receive(sign_of_life(1, "boot-2", 3));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, ABoxWithoutAnAgentIsBackWithItsFirstSignAfterItsPowerCameBack) {
  Scene scene;
  scene.receive({});
  EXPECT_FALSE(scene.watch.has_agent());
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(10s);
  ASSERT_EQ(scene.state(), NodeState::kDead);
  scene.receive({});
  EXPECT_EQ(scene.state(), NodeState::kDead) << "its power is in hand";
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.receive({});
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, NobodyIsSwitchedOffWhileTheBusDoesNotCarry) {
  Scene scene = dead();
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.verbs.clear();
  scene.watch.on_bus_lost();
  scene.pass(10min);
  EXPECT_THAT(scene.verbs, IsEmpty());
  scene.watch.on_bus_restored(scene.now);  // It has long come back.
  scene.receive(sign_of_life(1, "boot-2", 2));
  scene.pass(1s);
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_THAT(scene.verbs, IsEmpty());
}

// Goal: a node that came back while the manager stood still is not switched off.
TEST(NodeWatch, ItsOwnersLatenessIsNoReasonToSwitchItOff) {
  Scene scene = dead();
  scene.switched(PowerVerb::kOff, fail(ErrorCode::kFailed, "no such port"));
  ASSERT_EQ(scene.watch.node().recovery.phase, RecoveryPhase::kWaiting);
  scene.now += 60s;  // A person switches it on meanwhile.
  scene.watch.on_stall(50s, scene.now);
  scene.tend();
  scene.receive(sign_of_life(1, "boot-2", 2));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_THAT(scene.verbs, ElementsAre(PowerVerb::kOff));
}

TEST(NodeWatch, AChangeOfItsRecoveryIsToldOnceWithWhatWas) {
  Scene scene(imported(NodeState::kLive));
  (void)scene.watch.transition_to(NodeState::kDead, "", scene.instant());
  scene.watch.begin_recovery(scene.now);
  const std::optional<RecoveryChange> change = scene.watch.take_recovery_change();
  ASSERT_TRUE(change);
  EXPECT_EQ(change->before.phase, RecoveryPhase::kNone);
  EXPECT_EQ(change->after.phase, RecoveryPhase::kSwitchingOff);
  EXPECT_EQ(scene.watch.node().recovery, change->after);
  EXPECT_FALSE(scene.watch.take_recovery_change());
  EXPECT_EQ(scene.watch.take_verb(), PowerVerb::kOff);
  EXPECT_FALSE(scene.watch.take_verb());
}

// Whatever happens. -------------------------------------------------------------------------------

/// One thing that happens to a node.
struct Incident {
  int kind;
  int detail;
  Duration passes;
};

rc::Gen<Incident> any_incident() {
  return rc::gen::construct<Incident>(
      rc::gen::inRange(0, 9), rc::gen::inRange(0, 4),
      rc::gen::map(rc::gen::inRange(0, 3000), [](int ms) { return Duration(ms * 1ms); }));
}

void happen(Scene& scene, const Incident& incident) {
  const char* boot = incident.detail == 3 ? "boot-2" : "boot-1";
  switch (incident.kind) {
    case 0:
    case 1:
    case 2: (void)scene.receive(sign_of_life(++scene.seq, boot)); break;
    case 3: {
      const Heartbeat told = in_trouble(++scene.seq, incident.detail == 0 ? "no engine" : "");
      if (scene.receive(told))
        (void)scene.watch.note_trouble(told, incident.detail != 1, scene.now);
      break;
    }
    case 4: scene.answer = static_cast<DialOutcome>(incident.detail); break;
    case 5: scene.watch.on_bus_lost(); break;
    case 6: scene.watch.on_bus_restored(scene.now); break;
    case 7:
      scene.now += 10s;
      scene.watch.on_stall(9s, scene.now);
      break;
    default:
      scene.switched(incident.detail < 2 ? PowerVerb::kOff : PowerVerb::kOn,
                     incident.detail % 2 == 0 ? Result<void>{} : fail(ErrorCode::kFailed, "no"));
  }
  scene.pass(incident.passes);
}

// Goal: whatever happens in whatever order, once it was tended nothing is due any more, or its
// owner would be woken without end.
RC_GTEST_PROP(NodeWatchProperties, WhatIsDueIsDoneOnce, ()) {
  Scene scene;
  for (const Incident& incident : *rc::gen::container<std::vector<Incident>>(any_incident())) {
    happen(scene, incident);
    const std::optional<MonoTime> next = scene.watch.next_deadline();
    if (next) RC_ASSERT(*next > scene.now);
    scene.watch.check_invariants();
  }
}

// Goal: all that it goes by is in its state. Method: two watches to which the same happens, one of
// which is made anew from its state after everything.
RC_GTEST_PROP(NodeWatchProperties, ACopyOfItsStateGoesOnAsItDoes, ()) {
  Scene one;
  Scene other;
  for (const Incident& incident : *rc::gen::container<std::vector<Incident>>(any_incident())) {
    happen(one, incident);
    happen(other, incident);
    other.watch = NodeWatch(settings(), other.watch.save());
    RC_ASSERT(one.watch.save() == other.watch.save());
    RC_ASSERT((one.watch.next_deadline() == other.watch.next_deadline()));
    RC_ASSERT(one.verbs == other.verbs);
    RC_ASSERT(one.dialled == other.dialled);
    RC_ASSERT(one.fetched == other.fetched);
  }
}

}  // namespace
}  // namespace hearth::core
