#include "core/instances/instance_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");
constexpr WallTime kNow{std::chrono::seconds(100)};

InstanceId id(std::uint64_t number) {
  return make_instance_id(kApp, number);
}

Instance fresh(std::uint64_t number, std::optional<NodeName> node = std::nullopt) {
  Instance instance{.id = id(number), .workload = kApp, .generation = {1}};
  instance.node = std::move(node);
  instance.status.state = instance.node ? InstanceState::kAssigned : InstanceState::kPending;
  return instance;
}

TEST(InstanceTable, FindsAnInstanceByItsWorkloadAndByItsNode) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.add(fresh(2, kB));
  (void)table.add(fresh(3));
  EXPECT_THAT(table.of_workload(kApp), ElementsAre(id(1), id(2), id(3)));
  EXPECT_THAT(table.on_node(kA), ElementsAre(id(1)));
  EXPECT_THAT(table.unplaced(), ElementsAre(id(3)));
  EXPECT_EQ(table.find(id(9)), nullptr);
  table.check_invariants();
}

TEST(InstanceTable, IsInTheOrderOfNumbersHoweverItWasStored) {
  const InstanceTable table({.rows = {fresh(10, kA), fresh(9, kA), fresh(2, kA)}});
  EXPECT_THAT(table.of_workload(kApp), ElementsAre(id(2), id(9), id(10)));
  table.check_invariants();
}

TEST(InstanceTable, AChangeHoldsTheInstanceBeforeAndAfter) {
  InstanceTable table;
  const InstanceChange added = table.add(fresh(1));
  EXPECT_FALSE(added.before);
  EXPECT_EQ(added.after, fresh(1));

  const InstanceChange placed = table.place(id(1), kA, kNow);
  EXPECT_EQ(placed.before, fresh(1));
  EXPECT_EQ(placed.after->node, kA);
  EXPECT_EQ(placed.after->status.state, InstanceState::kAssigned);
  EXPECT_EQ(placed.after->changed_at, kNow);
  EXPECT_THAT(table.unplaced(), IsEmpty());

  const InstanceChange gone = table.forget(table.instance(id(1)).id);  // That of the row itself.
  EXPECT_EQ(gone.before, placed.after);
  EXPECT_FALSE(gone.after);
  EXPECT_THAT(table.on_node(kA), IsEmpty());
  EXPECT_THAT(table.of_workload(kApp), IsEmpty());
}

TEST(InstanceTable, RepeatingWhatIsKnownIsNoChange) {
  InstanceTable table;
  (void)table.add(fresh(1));
  EXPECT_TRUE(table.note_waiting(id(1), "no room"));
  EXPECT_FALSE(table.note_waiting(id(1), "no room"));
  (void)table.place(id(1), kA, kNow);
  const InstanceStatus running{.state = InstanceState::kRunning, .container = {"c1"}};
  EXPECT_TRUE(table.report(id(1), running, kNow));
  EXPECT_FALSE(table.report(id(1), running, kNow));
}

TEST(InstanceTable, ItsStateIsAsOldAsItsLastChange) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  InstanceStatus status{.state = InstanceState::kRunning, .container = {"c1"}};
  (void)table.report(id(1), status, kNow);
  status.restarts = 1;
  (void)table.report(id(1), status, kNow + std::chrono::seconds(5));
  EXPECT_EQ(table.instance(id(1)).changed_at, kNow) << "only the count of restarts changed";
}

TEST(InstanceTable, ALostInstanceNamesItsNodeAndAStoppedOneIsNotLost) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.add(fresh(2, kA));
  (void)table.stop(id(2));
  EXPECT_EQ(table.lose(id(1), kNow)->after->status.reason, "its node 'a' is dead");
  EXPECT_FALSE(table.lose(id(2), kNow));
}

// Goal: what is stored as done is not done again because its node dies or boots.
TEST(InstanceTable, WhatHasCompletedStaysCompletedWithoutItsNode) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  (void)table.report(id(1), {.state = InstanceState::kCompleted, .container = {"c1"}}, kNow);
  EXPECT_FALSE(table.lose(id(1), kNow));
  EXPECT_FALSE(table.await_report(id(1), kNow));
  EXPECT_EQ(table.instance(id(1)).status.state, InstanceState::kCompleted);
  EXPECT_EQ(table.instance(id(1)).status.container.str(), "c1");
}

TEST(InstanceTable, ARebootedNodeHasNoContainerUntilItReportsOne) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  EXPECT_FALSE(table.await_report(id(1), kNow)) << "no container was reported";
  (void)table.report(id(1), {.state = InstanceState::kRunning, .container = {"c1"}}, kNow);
  const std::optional<InstanceChange> change = table.await_report(id(1), kNow);
  ASSERT_TRUE(change);
  EXPECT_EQ(change->after->status.state, InstanceState::kAssigned);
  EXPECT_TRUE(change->after->status.container.empty());
}

TEST(InstanceTable, KnowsWhereAWorkloadIsKept) {
  InstanceTable table;
  (void)table.add(fresh(1, kA));
  EXPECT_TRUE(table.keeps_on(kApp, kA));
  EXPECT_FALSE(table.keeps_on(kApp, kB));
  (void)table.stop(id(1));
  EXPECT_FALSE(table.keeps_on(kApp, kA)) << "it must stop";
}

TEST(InstanceTableDeathTest, AMissingIdThatMustExistAborts) {
  InstanceTable table;
  (void)table.add(fresh(1));
  EXPECT_DEATH((void)table.instance(id(2)), "check failed");
  EXPECT_DEATH((void)table.add(fresh(1)), "check failed");
  EXPECT_DEATH((void)table.promote(id(1)), "check failed");
}

TEST(InstanceTable, AHeldInstanceKeepsItsPlaceAndMustNotRun) {
  InstanceTable table;
  (void)table.add(fresh(1));
  EXPECT_DEATH((void)table.hold(id(1)), "check failed") << "it has no place";
  (void)table.place(id(1), kA, WallTime(std::chrono::seconds(1)));
  const InstanceChange held = table.hold(id(1));
  EXPECT_EQ(held.after->desired_state, DesiredState::kStage);
  EXPECT_EQ(held.after->node, kA);
  EXPECT_DEATH((void)table.hold(id(1)), "check failed");
  table.check_invariants();
}

// Goal: whatever is done in whatever order, all indexes agree with the rows.
RC_GTEST_PROP(InstanceTableProperties, TheIndexesAgreeWithTheRows, ()) {
  InstanceTable table;
  std::uint64_t next = 1;
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    const InstanceId one = id(*rc::gen::inRange<std::uint64_t>(1, next + 1));
    const Instance* instance = table.find(one);
    const NodeName node = *rc::gen::arbitrary<bool>() ? kA : kB;
    switch (*rc::gen::inRange(0, 5)) {
      case 0:
        (void)table.add(
            fresh(next++, *rc::gen::arbitrary<bool>() ? std::optional(node) : std::nullopt));
        break;
      case 1:
        if (instance != nullptr && !instance->node) (void)table.place(one, node, kNow);
        break;
      case 2:
        if (instance != nullptr) (void)table.stop(one);
        break;
      case 3:
        if (instance != nullptr && instance->node) (void)table.lose(one, kNow);
        break;
      default:
        if (instance != nullptr) (void)table.forget(one);
    }
    table.check_invariants();
    const InstanceTable copy(table.save());
    copy.check_invariants();
    RC_ASSERT(copy.save() == table.save());
  }
}

}  // namespace
}  // namespace hearth::core
