#include "core/liveness/message_order.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kStart{1h};
const Incarnation kNone;

Heartbeat heartbeat(const std::string& boot, std::uint64_t start,
                    std::optional<std::uint64_t> seq) {
  return {.incarnation = {boot, start}, .seq = seq, .sent_at = std::nullopt};
}

TEST(MessageOrder, MessagesOfOneIncarnationCountUp) {
  MessageOrder order;
  EXPECT_TRUE(order.admit(heartbeat("a", 1, 5), kNone));
  EXPECT_FALSE(order.admit(heartbeat("a", 1, 5), kNone)) << "a duplicate";
  EXPECT_FALSE(order.admit(heartbeat("a", 1, 4), kNone)) << "out of order";
  EXPECT_TRUE(order.admit(heartbeat("a", 1, 7), kNone));
}

TEST(MessageOrder, AnEarlierStartInTheSameBootIsOver) {
  MessageOrder order;
  EXPECT_TRUE(order.admit(heartbeat("a", 2, 1), kNone));
  EXPECT_FALSE(order.admit(heartbeat("a", 1, 99), kNone));
  EXPECT_TRUE(order.admit(heartbeat("a", 3, 1), kNone));
}

TEST(MessageOrder, AFormerBootIsOver) {
  MessageOrder order;
  EXPECT_TRUE(order.admit(heartbeat("a", 1, 1), kNone));
  EXPECT_TRUE(order.admit(heartbeat("b", 1, 1), kNone));
  EXPECT_FALSE(order.admit(heartbeat("a", 9, 9), kNone));
  EXPECT_EQ(order.received(), (Incarnation{"b", 1}));
}

TEST(MessageOrder, TheAcceptedIncarnationCountsUntilAMessageIsReceived) {
  MessageOrder order;
  EXPECT_FALSE(order.admit(heartbeat("a", 1, 1), Incarnation{"a", 2}));
  EXPECT_TRUE(order.admit(heartbeat("b", 1, 1), Incarnation{"a", 2}));
  EXPECT_FALSE(order.admit(heartbeat("a", 3, 1), Incarnation{"a", 2}));
}

TEST(MessageOrder, ABoxWithoutAnAgentLivesWhateverItSends) {
  MessageOrder order;
  EXPECT_TRUE(order.admit(heartbeat("", 0, std::nullopt), kNone));
  EXPECT_TRUE(order.admit(heartbeat("", 0, std::nullopt), kNone));
  EXPECT_EQ(order.age_of(heartbeat("", 0, std::nullopt), kStart), 0ns);
}

TEST(MessageOrder, OnlyTheLatestFormerBootsAreRemembered) {
  MessageOrder order;
  for (std::size_t i = 0; i < MessageOrder::kFormerBootsMax + 2; ++i) {
    EXPECT_TRUE(order.admit(heartbeat("boot-" + std::to_string(i), 1, 1), kNone));
    order.check_invariants();
  }
  EXPECT_FALSE(order.admit(heartbeat("boot-1", 1, 1), kNone)) << "the oldest that is remembered";
  EXPECT_TRUE(order.admit(heartbeat("boot-0", 1, 1), kNone)) << "forgotten";
}

TEST(MessageOrder, EachIncarnationHasItsOwnAge) {
  MessageOrder order;
  Heartbeat sent = heartbeat("a", 1, 1);
  sent.sent_at = MonoTime(10s);
  EXPECT_TRUE(order.admit(sent, kNone));
  EXPECT_EQ(order.age_of(sent, kStart), 0ns);
  EXPECT_EQ(order.age_of(sent, kStart + 4s), 4s);
  sent.incarnation.start_count = 2;
  EXPECT_TRUE(order.admit(sent, kNone));
  EXPECT_EQ(order.age_of(sent, kStart + 9s), 0ns);
}

// Goal: within one boot time only moves forward, and no message counts twice, in whatever order
// they arrive; a copy of the state judges the next message like the original.
RC_GTEST_PROP(MessageOrderProperties, NothingCountsTwiceNorBackwards, ()) {
  MessageOrder order;
  std::pair<std::uint64_t, std::uint64_t> last{0, 0};
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    const Heartbeat next = heartbeat("a", *rc::gen::inRange(1U, 4U), *rc::gen::inRange(1U, 6U));
    MessageOrder copy(order.save());
    const bool admitted = order.admit(next, kNone);
    RC_ASSERT(copy.admit(next, kNone) == admitted);
    RC_ASSERT(copy.save() == order.save());
    const std::pair at(next.incarnation.start_count, *next.seq);
    RC_ASSERT(admitted == (at > last));
    if (admitted) last = at;
    order.check_invariants();
  }
}

}  // namespace
}  // namespace hearth::core
