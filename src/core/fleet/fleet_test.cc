#include "core/fleet/fleet.h"

#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr MonoTime kStart{1h};
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
const NodeName kC = *NodeName::parse("c");

FleetSettings settings() {
  return {.liveness = settings_of(LivenessProfile::kDefault), .recovery = {}, .with_power = {kB}};
}

/// A fleet of live nodes on a bus that carries, and its owner.
struct Scene {
  explicit Scene(const std::vector<NodeName>& names = {kA, kB, kC}) : fleet(settings()) {
    fleet.on_bus_restored(now);
    for (const NodeName& name : names) {
      NodeWatch& watch = fleet.add({.name = name, .state = NodeState::kLive}, now);
      fleet.settle(watch, std::nullopt, now);
    }
  }

  void receive(const NodeName& name) {
    NodeWatch& watch = fleet.node(name);
    const Heartbeat heartbeat{.incarnation = {"boot-1", 1}, .seq = ++seq, .report = Report{}};
    if (!watch.admit(heartbeat, now)) return;
    const SignOutcome outcome = watch.on_sign_of_life(heartbeat, now, instant());
    (void)watch.take_recovery_change();
    if (outcome.verdict) transition(watch, *outcome.verdict);
    tend(watch);
  }
  void tend(NodeWatch& watch) {
    if (const std::optional<Verdict> verdict = watch.judge(now)) transition(watch, *verdict);
    watch.tend_recovery(now);
    (void)watch.take_recovery_change();
    (void)watch.take_verb();
    (void)watch.take_dial(now);
    (void)watch.take_fetch(now);
    fleet.settle(watch, std::nullopt, now);
  }
  void transition(NodeWatch& watch, const Verdict& verdict) {
    (void)watch.transition_to(verdict.state, verdict.evidence, instant());
    if (verdict.state == NodeState::kDead) watch.begin_recovery(now);
    (void)watch.take_recovery_change();
  }
  void tend_due() {
    for (const NodeName& name : fleet.take_due(now)) {
      ++tended;
      tend(fleet.node(name));
    }
  }
  void settle_all() {
    for (const auto& [name, watch] : fleet.watches()) {
      fleet.settle(fleet.node(name), std::nullopt, now);
    }
  }
  Instant instant() const { return {now, WallTime(7s)}; }

  Fleet fleet;
  MonoTime now = kStart;
  std::uint64_t seq = 0;
  std::size_t tended = 0;
};

TEST(Fleet, FindsANodeByNameAndIteratesInTheOrderOfNames) {
  Scene scene({kC, kA, kB});
  EXPECT_EQ(scene.fleet.size(), 3U);
  EXPECT_EQ(scene.fleet.find(kB)->name(), kB);
  EXPECT_EQ(scene.fleet.find(*NodeName::parse("x")), nullptr);
  EXPECT_EQ(scene.fleet.state_of(kA), NodeState::kLive);
  std::vector<NodeName> names;
  for (const auto& [name, watch] : scene.fleet.watches()) names.push_back(name);
  EXPECT_THAT(names, ElementsAre(kA, kB, kC));
}

TEST(FleetDeathTest, AMissingNodeThatMustExistAborts) {
  Scene scene({kA});
  EXPECT_DEATH((void)scene.fleet.node(kB), "check failed");
  EXPECT_DEATH((void)scene.fleet.add({.name = kA}, kStart), "check failed");
}

TEST(Fleet, TheNextDeadlineIsThatOfTheNodeThatIsDueFirst) {
  Scene scene;
  scene.tend_due();  // Each is dialled at once.
  scene.now += 500ms;
  for (const NodeName& name : {kA, kC}) scene.receive(name);
  EXPECT_EQ(scene.fleet.next_deadline(), kStart + 1200ms) << "an early entry stays";
  scene.now = kStart + 1200ms;
  scene.tend_due();
  EXPECT_EQ(scene.fleet.state_of(kA), NodeState::kLive);
  EXPECT_EQ(scene.fleet.state_of(kB), NodeState::kSuspect);
  EXPECT_GT(*scene.fleet.next_deadline(), scene.now);
}

TEST(Fleet, NamesEachDueNodeOnceInTheOrderOfDeadlines) {
  Scene scene;
  scene.tend_due();
  scene.fleet.settle(scene.fleet.node(kC), kStart + 10ms, scene.now);
  scene.fleet.settle(scene.fleet.node(kA), kStart + 20ms, scene.now);
  EXPECT_THAT(scene.fleet.take_due(kStart + 20ms), ElementsAre(kC, kA));
  EXPECT_THAT(scene.fleet.take_due(kStart + 20ms), IsEmpty());
}

TEST(Fleet, AHeartbeatOfOneNodeLeavesTheOthersAlone) {
  Scene scene;
  scene.tend_due();
  scene.tended = 0;
  scene.now += 500ms;
  scene.receive(kA);
  scene.tend_due();
  EXPECT_EQ(scene.tended, 0U);
}

TEST(Fleet, NamesEachNodeWhoseRecordChangedOnce) {
  Scene scene;
  EXPECT_THAT(scene.fleet.take_changed(), IsEmpty());
  scene.receive(kB);
  scene.fleet.mark_changed(kC);
  EXPECT_THAT(scene.fleet.take_changed(), ElementsAre(kB, kC)) << "b has its first incarnation";
  EXPECT_THAT(scene.fleet.take_changed(), IsEmpty());
}

TEST(Fleet, OnlyANodeWithAPowerDriverIsBroughtBack) {
  Scene scene({kA, kB});
  for (const NodeName& name : {kA, kB}) {
    NodeWatch& watch = scene.fleet.node(name);
    (void)watch.transition_to(NodeState::kDead, "", scene.instant());
    watch.begin_recovery(scene.now);
    EXPECT_EQ(watch.take_verb().has_value(), name == kB);
  }
  EXPECT_TRUE((FleetSettings{.power_by_default = true}).has_power(kA));
}

TEST(Fleet, AnAddedNodeStartsWithTheCurrentStateOfTheBus) {
  Scene scene({kA});
  scene.fleet.on_bus_lost();
  EXPECT_FALSE(scene.fleet.add({.name = kB}, kStart).save().bus_carries);
  scene.fleet.on_bus_restored(kStart);
  EXPECT_TRUE(scene.fleet.node(kB).save().bus_carries);
  EXPECT_TRUE(scene.fleet.add({.name = kC}, kStart).save().bus_carries);
}

TEST(Fleet, AStallIsCountedAgainstNoNode) {
  Scene scene;
  scene.tend_due();
  scene.now += 60s;
  scene.fleet.on_stall(60s, scene.now);
  scene.settle_all();
  scene.tend_due();
  for (const NodeName& name : {kA, kB, kC}) EXPECT_EQ(scene.fleet.state_of(name), NodeState::kLive);
}

// Goal: whatever happens in whatever order, a node that was due and tended is not due again, every
// deadline of a node is among those of the fleet, and a copy of the state behaves like the
// original. Method: two fleets to which the same happens, one of which is rebuilt after every step.
RC_GTEST_PROP(FleetProperties, DeadlinesLieAheadAndACopyBehavesLikeTheOriginal, ()) {
  Scene one;
  Scene other;
  const int length = *rc::gen::inRange(1, 40);
  for (int i = 0; i < length; ++i) {
    const int kind = *rc::gen::inRange(0, 8);
    const NodeName name = *rc::gen::element(kA, kB, kC);
    const Duration passes = *rc::gen::inRange(0, 1500) * 1ms;
    for (Scene* scene : {&one, &other}) {
      scene->now += passes;
      switch (kind) {
        case 0: scene->fleet.on_bus_lost(); break;
        case 1: scene->fleet.on_bus_restored(scene->now); break;
        case 2: scene->fleet.on_stall(passes, scene->now); break;
        default: scene->receive(name);
      }
      scene->settle_all();
      scene->tend_due();
      scene->fleet.check_invariants();
    }
    const std::optional<MonoTime> next = one.fleet.next_deadline();
    if (next) RC_ASSERT(*next > one.now);
    for (const auto& [of_node, watch] : one.fleet.watches()) {
      const std::optional<MonoTime> own = watch.next_deadline();
      if (own) RC_ASSERT((next && *next <= *own));
    }
    RC_ASSERT(one.fleet.take_changed() == other.fleet.take_changed());
    other.fleet = Fleet(settings(), other.fleet.save());
    RC_ASSERT(one.fleet.save() == other.fleet.save());
    RC_ASSERT((one.fleet.next_deadline() == other.fleet.next_deadline()));
    RC_ASSERT(one.tended == other.tended);
  }
}

}  // namespace
}  // namespace hearth::core
