#include "core/slot_operation/slot_operation.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow(1h);

TEST(SlotOperation, AListingIsBelievedIfItIsNoOlderThanWhatWasDone) {
  SlotOperation operation;
  operation.note_change({.number = 5, .now = kNow});
  EXPECT_FALSE(operation.may_believe({.inventory = {}, .asked_in = 4}));
  EXPECT_TRUE(operation.may_believe({.inventory = {}, .asked_in = 5}));
}

TEST(SlotOperation, NoListingIsBelievedWhileAnAnswerIsMissing) {
  SlotOperation operation;
  OperationIds ids;
  const OperationId id = operation.begin(ids);
  EXPECT_EQ(operation.in_flight(), id);
  EXPECT_FALSE(operation.may_believe({.inventory = {}, .asked_in = 9}));
  operation.end({.number = 6, .now = kNow});
  EXPECT_EQ(operation.in_flight(), std::nullopt);
  EXPECT_FALSE(operation.may_believe({.inventory = {}, .asked_in = 5}));
  EXPECT_TRUE(operation.may_believe({.inventory = {}, .asked_in = 6}));
}

TEST(SlotOperation, AContainerRunsSinceItsStartWasRequested) {
  SlotOperation operation;
  OperationIds ids;
  (void)operation.begin_start(ids, {"c1"}, kNow);
  EXPECT_EQ(operation.take_start({"c2"}, kNow + 1s), kNow + 1s) << "by somebody else";
  EXPECT_EQ(operation.take_start({"c1"}, kNow + 1s), kNow);
  EXPECT_EQ(operation.take_start({"c1"}, kNow + 9s), kNow + 9s) << "again, by somebody else";
}

}  // namespace
}  // namespace hearth::core
