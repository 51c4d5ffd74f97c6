#include "core/evidence/bus_watch.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr LivenessSettings kSettings = settings_of(LivenessProfile::kDefault);
constexpr MonoTime kStart{1h};

bool carries_at(BusWatch& bus, MonoTime now) {
  (void)bus.on_tick(now);
  bus.check_invariants();
  return bus.carries();
}

TEST(BusWatch, BeginsBlindAndSeesWithTheFirstCanary) {
  BusWatch bus(kSettings, kStart);
  EXPECT_FALSE(carries_at(bus, kStart));
  bus.on_returned(kStart, kStart + 5ms);
  EXPECT_TRUE(carries_at(bus, kStart + 5ms));
}

TEST(BusWatch, GoesBlindBeforeTheFirstNodeCouldBecomeSuspect) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  ASSERT_TRUE(carries_at(bus, kStart + 5ms));
  while (bus.take_canary(*bus.next_deadline())) continue;  // Sent, and none comes back.
  // The worst case: the bus stalls right after a canary and a heartbeat came through.
  const MonoTime stale_at = *bus.next_deadline();
  EXPECT_LT(stale_at, kStart + kSettings.suspect_after);
  EXPECT_TRUE(carries_at(bus, stale_at - 1ns));
  EXPECT_FALSE(carries_at(bus, stale_at));
}

TEST(BusWatch, AnOldCanaryFromABurstProvesNothing) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart + 250ms, kStart + 255ms);
  bus.on_returned(kStart, kStart + 20s);
  EXPECT_FALSE(carries_at(bus, kStart + 20s));
  bus.on_returned(kStart + 500ms, kStart + 20s);
  EXPECT_FALSE(carries_at(bus, kStart + 20s));
  bus.on_returned(kStart + 20s, kStart + 20s + 1ms);
  EXPECT_TRUE(carries_at(bus, kStart + 20s + 1ms));
}

TEST(BusWatch, TimeInWhichWeDidNotReadIsNotCountedAgainstTheBus) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  bus.on_stall(60s, kStart + 60s);
  EXPECT_TRUE(carries_at(bus, kStart + 60s));
}

// Goal: a slow bus makes the manager blind once; it does not alternate between blind and seeing.
// Method: canaries at their interval, each delayed as long as the last; count the changes.
TEST(BusWatch, ABusThatIsTooSlowTurnsBlindOnceAndOneThatIsInTimeNever) {
  for (const LivenessProfile profile : {LivenessProfile::kDefault, LivenessProfile::kFast,
                                        LivenessProfile::kInstant, LivenessProfile::kRelaxed}) {
    const LivenessSettings settings = settings_of(profile);
    const auto changes = [&](Duration round_trip) {
      BusWatch bus(settings, kStart);
      const Duration interval = settings.heartbeat_interval / 2;
      int changed = 0;
      bool carried = false;
      MonoTime sent = kStart;
      for (Duration t{0}; t < 200 * interval; t += interval / 50) {
        const MonoTime now = kStart + t;
        for (; sent + round_trip <= now; sent += interval) bus.on_returned(sent, now);
        if (carries_at(bus, now) != carried) ++changed;
        carried = carries_at(bus, now);
      }
      return std::pair(changed, carried);
    };
    BusWatch bus(settings, kStart);
    EXPECT_EQ(changes(bus.round_trip_max() / 2), std::pair(1, true));
    EXPECT_EQ(changes(bus.round_trip_max() * 5 / 4), std::pair(0, false));
  }
}

TEST(BusWatch, ABusThatBecameTooSlowCarriesAgainOnceItIsInTime) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  bus.on_returned(kStart + 250ms, kStart + 650ms);
  EXPECT_FALSE(carries_at(bus, kStart + 651ms)) << "the latest is 401 ms old, after a gap of 650";
  bus.on_returned(kStart + 500ms, kStart + 900ms);
  EXPECT_FALSE(carries_at(bus, kStart + 900ms));
  EXPECT_EQ(bus.blindness(kStart + 900ms),
            "the bus took 400 ms to return a canary, more than the 350 ms allowed");
  bus.on_returned(kStart + 750ms, kStart + 750ms + bus.round_trip_max());
  EXPECT_TRUE(carries_at(bus, kStart + 750ms + bus.round_trip_max()));
}

// Goal: a bus that carries is not found stale because we stood still, whenever that begins.
// Method: canaries that return after 5 ms, a stall that begins at any moment and after which the
// one under way is handled last.
TEST(BusWatch, AStallThatBeginsAtAnyMomentLeavesTimeForTheCanaryUnderWay) {
  for (Duration begins = 1s; begins < 1250ms; begins += 5ms) {
    BusWatch bus(kSettings, kStart);
    MonoTime sent = kStart;
    for (Duration t{0}; t < begins; t += 5ms) {
      if (t >= 5ms) bus.on_returned(sent, kStart + t);
      sent = bus.take_canary(kStart + t).value_or(sent);
      (void)bus.on_tick(kStart + t);
    }
    const MonoTime now = *bus.next_deadline() + 10s;
    bus.on_stall(10s, now);
    EXPECT_FALSE(bus.on_tick(now));
    EXPECT_TRUE(bus.carries());
    (void)bus.take_canary(now);
    EXPECT_GE(*bus.next_deadline(), now + 100ms);
  }
}

TEST(BusWatch, SendsTwicePerHeartbeat) {
  BusWatch bus(kSettings, kStart);
  EXPECT_EQ(bus.next_deadline(), kStart);
  EXPECT_EQ(bus.take_canary(kStart), kStart);
  EXPECT_EQ(bus.next_deadline(), kStart + 250ms);
  EXPECT_EQ(bus.take_canary(kStart + 250ms - 1ns), std::nullopt);
  EXPECT_EQ(bus.take_canary(kStart + 250ms), kStart + 250ms);
}

TEST(BusWatch, ReportsAChangeOnceAndItsReason) {
  BusWatch bus(kSettings, kStart);
  EXPECT_FALSE(bus.on_tick(kStart));
  bus.on_returned(kStart, kStart + 5ms);
  EXPECT_TRUE(bus.on_tick(kStart + 5ms));
  EXPECT_FALSE(bus.on_tick(kStart + 6ms));
  EXPECT_TRUE(bus.on_tick(kStart + 20s));
  EXPECT_EQ(bus.blindness(kStart + 20s), "no canary has come back over the bus for 20.0 s");
}

TEST(BusWatch, ACopyOfItsStateBehavesLikeIt) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  (void)bus.take_canary(kStart + 5ms);
  (void)bus.on_tick(kStart + 5ms);
  BusWatch copy(kSettings, bus.save());
  EXPECT_EQ(copy.save(), bus.save());
  EXPECT_EQ(copy.next_deadline(), bus.next_deadline());
}

}  // namespace
}  // namespace hearth::core
