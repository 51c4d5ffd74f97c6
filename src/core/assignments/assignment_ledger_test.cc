#include "core/assignments/assignment_ledger.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};
constexpr Epoch kEpoch{7};
const NodeName kNode = *NodeName::parse("a");

/// An assignment with `size` images, to distinguish one from another.
Assignment wanted(std::size_t size) {
  return {.node = kNode,
          .number = {},
          .heartbeat_interval = 500ms,
          .instances = {},
          .images = std::vector<Image>(size),
          .builds = {}};
}

AssignmentLedger one_node() {
  AssignmentLedger ledger(kEpoch);
  ledger.add_node(kNode);
  return ledger;
}

TEST(AssignmentLedger, PublishesAndNumbersOnlyWhatIsNew) {
  AssignmentLedger ledger = one_node();
  EXPECT_EQ(ledger.publish(wanted(1), kStart)->number, (AssignmentNumber{kEpoch, {1}}));
  EXPECT_FALSE(ledger.publish(wanted(1), kStart));
  EXPECT_EQ(ledger.publish(wanted(2), kStart)->number, (AssignmentNumber{kEpoch, {2}}));
}

TEST(AssignmentLedger, EvenAnEmptyAssignmentIsPublished) {
  AssignmentLedger ledger = one_node();
  EXPECT_EQ(ledger.publish(wanted(0), kStart)->number, (AssignmentNumber{kEpoch, {1}}))
      << "what ran there under an earlier manager must be removed";
}

TEST(AssignmentLedger, AnUnacknowledgedAssignmentIsSentAgainUnchanged) {
  AssignmentLedger ledger = one_node();
  const Assignment sent = *ledger.publish(wanted(1), kStart);
  const MonoTime due = *ledger.record(kNode).next_deadline();
  EXPECT_EQ(due, kStart + AssignmentRecord::kResendAfter);
  EXPECT_FALSE(ledger.record(kNode).on_tick(true, due - 1ns));
  EXPECT_TRUE(ledger.record(kNode).on_tick(true, due));
  EXPECT_EQ(ledger.publish(wanted(1), due), sent);
  EXPECT_FALSE(ledger.publish(wanted(1), due)) << "only once";
  EXPECT_EQ(ledger.record(kNode).next_deadline(), due + AssignmentRecord::kResendAfter);
}

TEST(AssignmentLedger, AnAcknowledgedAssignmentIsNotSentAgain) {
  AssignmentLedger ledger = one_node();
  ledger.record(kNode).on_applied(ledger.publish(wanted(1), kStart)->number, kEpoch, kStart + 1s);
  EXPECT_TRUE(ledger.is_followed(kNode));
  EXPECT_EQ(ledger.record(kNode).next_deadline(), std::nullopt);
  EXPECT_FALSE(ledger.record(kNode).on_tick(true, kStart + 1h));
}

TEST(AssignmentLedger, ANodeThatFallsBackGetsItAgain) {
  AssignmentLedger ledger = one_node();
  ledger.record(kNode).on_applied(ledger.publish(wanted(1), kStart)->number, kEpoch, kStart);
  ledger.record(kNode).on_applied({}, kEpoch, kStart + 1min);
  EXPECT_FALSE(ledger.is_followed(kNode));
  EXPECT_TRUE(ledger.record(kNode).on_tick(true, kStart + 1min + AssignmentRecord::kResendAfter));
}

TEST(AssignmentLedger, ABoxWithoutAnAgentGetsNoRepetition) {
  AssignmentLedger ledger = one_node();
  (void)ledger.publish(wanted(1), kStart);
  EXPECT_FALSE(ledger.record(kNode).on_tick(false, kStart + 1min));
  EXPECT_FALSE(ledger.publish(wanted(1), kStart + 1min));
}

// Goal: a node that waits for a replacement receives a sign of the manager, and one that does not
// is left alone.
TEST(AssignmentLedger, ANodeThatWaitsForAReplacementIsSentItsAssignmentAgain) {
  AssignmentLedger ledger = one_node();
  const Assignment sent = *ledger.publish(wanted(1), kStart);
  AssignmentRecord& record = ledger.record(kNode);
  record.on_applied(sent.number, kEpoch, kStart);
  record.on_waiting(true, kStart);
  const MonoTime first = kStart + AssignmentRecord::kSignPeriod;
  EXPECT_EQ(record.next_deadline(), first);
  record.on_waiting(true, kStart + 1s);
  EXPECT_FALSE(record.on_tick(true, first - 1ns));
  ASSERT_TRUE(record.on_tick(true, first)) << "further reports do not put it off";
  EXPECT_EQ(ledger.publish(wanted(1), first), sent);
  EXPECT_FALSE(ledger.publish(wanted(1), first)) << "only once";
  const Assignment other = *ledger.publish(wanted(2), first + 10s);
  record.on_applied(other.number, kEpoch, first + 10s);
  EXPECT_EQ(record.next_deadline(), first + 10s + AssignmentRecord::kSignPeriod)
      << "any assignment is a sign";
  record.on_waiting(false, first + 11s);
  EXPECT_EQ(record.next_deadline(), std::nullopt);
}

TEST(AssignmentLedger, AnAssignmentOfAHigherEpochIsNotOurs) {
  AssignmentLedger ledger = one_node();
  (void)ledger.publish(wanted(1), kStart);
  ledger.record(kNode).on_applied({{8}, {1}}, kEpoch, kStart);
  EXPECT_FALSE(ledger.is_followed(kNode));
}

// Goal: whatever is wanted, acknowledged and lost in whatever order, numbers only grow, the same
// number always means the same assignment, and what a node does not follow is sent again within two
// periods. Method: a node that applies what reaches it, on a bus that loses messages.
RC_GTEST_PROP(AssignmentLedgerProperties, ANodeComesToFollowTheLatestWhateverIsLost, ()) {
  AssignmentLedger ledger = one_node();
  MonoTime now = kStart;
  AssignmentNumber greatest;
  std::map<AssignmentNumber, Assignment> sent;
  AssignmentNumber applied;
  std::size_t size = 0;
  const auto publish = [&](bool is_lost) {
    const std::optional<Assignment> one = ledger.publish(wanted(size), now);
    if (!one) return;
    RC_ASSERT(one->number >= greatest);
    greatest = one->number;
    RC_ASSERT(sent.try_emplace(one->number, *one).first->second == *one);
    if (!is_lost) applied = one->number;
  };
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    now += std::chrono::milliseconds(*rc::gen::inRange(0, 2000));
    if (*rc::gen::inRange(0, 4) == 0) size = *rc::gen::inRange<std::size_t>(0, 5);
    if (*rc::gen::inRange(0, 8) == 0) applied = {};  // It lost its disk.
    ledger.record(kNode).on_applied(applied, kEpoch, now);
    (void)ledger.record(kNode).on_tick(true, now);
    publish(*rc::gen::arbitrary<bool>());
    ledger.check_invariants();
    ledger = AssignmentLedger(kEpoch, ledger.save());
  }
  for (int i = 0; i < 2; ++i) {
    now += AssignmentRecord::kResendAfter;
    ledger.record(kNode).on_applied(applied, kEpoch, now);
    (void)ledger.record(kNode).on_tick(true, now);
    publish(false);
  }
  ledger.record(kNode).on_applied(applied, kEpoch, now);
  RC_ASSERT(ledger.is_followed(kNode));
  RC_ASSERT(sent.at(applied).images.size() == size);
}

}  // namespace
}  // namespace hearth::core
