#include "core/evidence/trouble_record.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using Bus = TroubleRecord::Bus;

constexpr MonoTime kStart{1h};
constexpr Duration kGrace = 30s;

TEST(TroubleRecord, ANodeInTroubleIsGivenUpOnceAfterTheGrace) {
  TroubleRecord record(kGrace);
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart));
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart + kGrace - 1ns));
  EXPECT_FALSE(record.is_given_up());
  EXPECT_TRUE(record.on_trouble(Bus::kCarries, kStart + kGrace));
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart + kGrace)) << "already reported";
  EXPECT_TRUE(record.is_given_up());
}

TEST(TroubleRecord, ANodeThatIsWellAgainHasItsWholeGraceTheNextTime) {
  TroubleRecord record(kGrace);
  (void)record.on_trouble(Bus::kCarries, kStart);
  record.on_well();
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart + kGrace));
  EXPECT_TRUE(record.on_trouble(Bus::kCarries, kStart + 2 * kGrace));
  record.on_well();
  EXPECT_FALSE(record.is_given_up());
}

TEST(TroubleRecord, TimeInWhichTheNodeCouldNotReportIsNotCountedAgainstIt) {
  TroubleRecord record(kGrace);
  (void)record.on_trouble(Bus::kCarries, kStart);
  EXPECT_FALSE(record.on_trouble(Bus::kDoesNot, kStart + kGrace));
  record.on_bus_restored(kStart + 1min);
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart + 1min + kGrace - 1ns));
  record.on_stall(5s, kStart + 1min + 10s);
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, kStart + 1min + kGrace));
  EXPECT_TRUE(record.on_trouble(Bus::kCarries, kStart + 1min + kGrace + 5s));
}

// Goal: an old report does not give up a node whose next one, waiting behind it, says that it is
// well.
TEST(TroubleRecord, ReportsThatWaitBehindAStallAreProcessedFirst) {
  TroubleRecord record(kGrace);
  (void)record.on_trouble(Bus::kCarries, kStart);
  const MonoTime now = kStart + kGrace + 5s;
  record.on_stall(5s, now);
  EXPECT_FALSE(record.on_trouble(Bus::kCarries, now));
  EXPECT_TRUE(record.on_trouble(Bus::kCarries, now + 5s)) << "no longer than the stall was";

  TroubleRecord long_ago(kGrace);
  (void)long_ago.on_trouble(Bus::kCarries, kStart);
  long_ago.on_stall(1h, kStart + kGrace + 1h);
  EXPECT_FALSE(long_ago.on_trouble(Bus::kCarries, kStart + kGrace + 1h));
  EXPECT_TRUE(long_ago.on_trouble(Bus::kCarries, kStart + kGrace + 1h + kGrace / 4));
}

TEST(TroubleRecord, ACopyOfItsStateBehavesLikeIt) {
  TroubleRecord record(kGrace);
  (void)record.on_trouble(Bus::kCarries, kStart);
  TroubleRecord copy(kGrace, record.save());
  EXPECT_TRUE(copy.on_trouble(Bus::kCarries, kStart + kGrace));
  copy.check_invariants();
}

}  // namespace
}  // namespace hearth::core
