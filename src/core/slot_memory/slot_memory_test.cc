#include "core/slot_memory/slot_memory.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow(1h);
const ContainerId kContainer{"c1"};

TEST(SlotMemory, AnEndForGoodIsReportedOnceItIsStored) {
  SlotMemory memory;
  memory.note_end(kContainer, true, kNow);
  EXPECT_EQ(memory.unsaved, Unsaved::kDecision);
  EXPECT_FALSE(memory.may_report_end(kNow));
  memory.on_stored();  // Of something that was taken before the end.
  EXPECT_FALSE(memory.may_report_end(kNow));
  (void)memory.take({});
  EXPECT_EQ(memory.unsaved, Unsaved::kNothing);
  memory.on_stored();
  EXPECT_TRUE(memory.may_report_end(kNow));
}

TEST(SlotMemory, AnEndForGoodDoesNotWaitForADiskThatRefuses) {
  SlotMemory memory;
  memory.note_end(kContainer, true, kNow);
  EXPECT_EQ(memory.next_deadline(), kNow + kDecisionWait);
  EXPECT_FALSE(memory.may_report_end(kNow + kDecisionWait - 1ns));
  EXPECT_TRUE(memory.may_report_end(kNow + kDecisionWait));
  EXPECT_EQ(memory.next_deadline(), std::nullopt);
}

TEST(SlotMemory, EndsJustBeforeTheRuntimesOwnEndArePardoned) {
  Prng prng(1);
  RestartRecord record({});
  record.on_stopped(kNow - 1h, prng);
  const RestartRecord::State before = record.save();
  SlotMemory memory;
  memory.doubt(record, kNow);
  record.on_stopped(kNow, prng);
  memory.doubt(record, kNow + 1s);
  EXPECT_EQ(memory.settle_failures(kNow + 14s), 0U);
  EXPECT_EQ(memory.pardon(kNow + 14s), before);
  EXPECT_EQ(memory.settle_failures(kNow + 1h), 0U);
}

TEST(SlotMemory, EndsThatTheRuntimeOutlivesAreFailures) {
  SlotMemory memory;
  memory.doubt(RestartRecord({}), kNow);
  memory.doubt(RestartRecord({}), kNow + 1s);
  EXPECT_EQ(memory.next_deadline(), kNow + DoubtfulEnds::kRuntimeEndMax);
  EXPECT_EQ(memory.pardon(kNow + DoubtfulEnds::kRuntimeEndMax), std::nullopt);
  EXPECT_EQ(memory.settle_failures(kNow + DoubtfulEnds::kRuntimeEndMax), 2U);
  EXPECT_EQ(memory.settle_failures(kNow + 1h), 0U);
}

TEST(SlotMemory, OnlySignalsFromOutsideAreInDoubt) {
  EXPECT_TRUE(may_be_of_runtime({.code = 137}));
  EXPECT_TRUE(may_be_of_runtime({.code = 143}));
  EXPECT_FALSE(may_be_of_runtime({.code = 137, .out_of_memory = OutOfMemory::kMain}));
  EXPECT_FALSE(may_be_of_runtime({.code = 1}));
  EXPECT_FALSE(may_be_of_runtime({.code = 139}));
}

}  // namespace
}  // namespace hearth::core
