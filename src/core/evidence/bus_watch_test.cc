#include "core/evidence/bus_watch.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings = settings_of(LivenessProfile::kDefault);
constexpr MonoTime kStart{1h};

TEST(BusWatch, BeginsBlindAndSeesWithTheFirstCanary) {
  BusWatch bus(kSettings, kStart);
  EXPECT_FALSE(bus.carries_at(kStart));
  bus.on_returned(kStart);
  EXPECT_TRUE(bus.carries_at(kStart + 5ms));
}

TEST(BusWatch, GoesBlindBeforeTheFirstNodeCouldBecomeSuspect) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart);
  // The worst case: the bus stalls right after a canary and a heartbeat came through.
  EXPECT_LT(bus.stale_at(), kStart + kSettings.suspect_after);
  EXPECT_TRUE(bus.carries_at(bus.stale_at() - 1ns));
  EXPECT_FALSE(bus.carries_at(bus.stale_at()));
}

TEST(BusWatch, AnOldCanaryOutOfABurstProvesNothing) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart + 250ms);
  bus.on_returned(kStart);
  EXPECT_FALSE(bus.carries_at(kStart + 20s));
  bus.on_returned(kStart + 20s);
  EXPECT_TRUE(bus.carries_at(kStart + 20s + 1ms));
}

TEST(BusWatch, TimeInWhichWeDidNotLookIsNotHeldAgainstTheBus) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart);
  bus.excuse(60s, kStart + 60s);
  EXPECT_TRUE(bus.carries_at(kStart + 60s));
}

TEST(BusWatch, SendsTwicePerHeartbeat) {
  BusWatch bus(kSettings, kStart);
  EXPECT_EQ(bus.next_send(), kStart);
  bus.on_sent(kStart);
  EXPECT_EQ(bus.next_send(), kStart + 250ms);
}

}  // namespace
}  // namespace hearth::core
