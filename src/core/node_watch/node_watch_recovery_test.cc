// How a watch brings its node back, and what always holds for it.

#include "core/node_watch/node_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/node_watch/node_watch_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

using Scene = NodeWatchScene;

// Recovery. ---------------------------------------------------------------------------------------

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

TEST(NodeWatch, WithoutAPowerDriverADeadNodeIsWaitedFor) {
  Scene scene(imported(), settings(false));
  scene.live();
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(1min);
  EXPECT_EQ(scene.state(), NodeState::kDead);
  EXPECT_THAT(scene.verbs, IsEmpty());
  scene.receive(sign_of_life(100));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, AnIncarnationFromBeforeThePowerOffIsNoSignOfTheNextOne) {
  Scene scene = dead();
  scene.receive(sign_of_life(1, "boot-1", 2));  // The agent restarted while the power is switched.
  EXPECT_EQ(scene.state(), NodeState::kDead);
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.receive(sign_of_life(2, "boot-1", 2));  // It was in flight.
  EXPECT_EQ(scene.state(), NodeState::kDead);
  scene.receive(sign_of_life(1, "boot-2", 3));
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, ABoxWithoutAnAgentIsBackWithItsFirstHeartbeatAfterItsPowerCameBack) {
  Scene scene;
  scene.receive({});
  EXPECT_FALSE(scene.watch.has_agent());
  scene.answer = DialOutcome::kNoAnswer;
  scene.pass(10s);
  ASSERT_EQ(scene.state(), NodeState::kDead);
  scene.receive({});
  EXPECT_EQ(scene.state(), NodeState::kDead) << "its power is being switched";
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.receive({});
  EXPECT_EQ(scene.state(), NodeState::kLive);
}

TEST(NodeWatch, NoNodeIsSwitchedOffWhileTheBusDoesNotCarry) {
  Scene scene = dead();
  scene.switched(PowerVerb::kOff);
  scene.switched(PowerVerb::kOn);
  scene.verbs.clear();
  scene.watch.on_bus_lost();
  scene.pass(10min);
  EXPECT_THAT(scene.verbs, IsEmpty());
  scene.watch.on_bus_restored(scene.now);  // The node came back long ago.
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
  scene.now += 60s;  // An operator switches it on meanwhile.
  scene.watch.on_stall(50s, scene.now);
  scene.tend();
  scene.receive(sign_of_life(1, "boot-2", 2));
  EXPECT_EQ(scene.state(), NodeState::kLive);
  EXPECT_THAT(scene.verbs, ElementsAre(PowerVerb::kOff));
}

TEST(NodeWatch, AChangeOfItsRecoveryIsReportedOnceWithThePreviousPhase) {
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

// Invariants. -------------------------------------------------------------------------------------

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
      const Heartbeat reported =
          in_trouble(++scene.seq, incident.detail == 0 ? "no container runtime" : "");
      if (scene.receive(reported))
        (void)scene.watch.note_trouble(reported, incident.detail != 1, scene.now);
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

// Goal: whatever happens in whatever order, nothing is due after it was tended, or its owner would
// be woken without end.
RC_GTEST_PROP(NodeWatchProperties, WhatIsDueIsDoneOnce, ()) {
  Scene scene;
  for (const Incident& incident : *rc::gen::container<std::vector<Incident>>(any_incident())) {
    happen(scene, incident);
    const std::optional<MonoTime> next = scene.watch.next_deadline();
    if (next) RC_ASSERT(*next > scene.now);
    scene.watch.check_invariants();
  }
}

// Goal: its state holds everything it depends on. Method: two watches to which the same happens,
// one of which is rebuilt from its state after every step.
RC_GTEST_PROP(NodeWatchProperties, ACopyOfItsStateBehavesLikeIt, ()) {
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
