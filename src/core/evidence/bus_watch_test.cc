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
  bus.on_returned(kStart, kStart + 5ms);
  EXPECT_TRUE(bus.carries_at(kStart + 5ms));
}

TEST(BusWatch, GoesBlindBeforeTheFirstNodeCouldBecomeSuspect) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  // The worst case: the bus stalls right after a canary and a heartbeat came through.
  EXPECT_LT(bus.stale_at(), kStart + kSettings.suspect_after);
  EXPECT_TRUE(bus.carries_at(bus.stale_at() - 1ns));
  EXPECT_FALSE(bus.carries_at(bus.stale_at()));
}

TEST(BusWatch, AnOldCanaryOutOfABurstProvesNothing) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart + 250ms, kStart + 255ms);
  bus.on_returned(kStart, kStart + 20s);
  EXPECT_FALSE(bus.carries_at(kStart + 20s));
  bus.on_returned(kStart + 500ms, kStart + 20s);
  EXPECT_FALSE(bus.carries_at(kStart + 20s));
  bus.on_returned(kStart + 20s, kStart + 20s + 1ms);
  EXPECT_TRUE(bus.carries_at(kStart + 20s + 1ms));
}

TEST(BusWatch, TimeInWhichWeDidNotLookIsNotHeldAgainstTheBus) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  bus.excuse(60s, kStart + 60s);
  EXPECT_TRUE(bus.carries_at(kStart + 60s));
}

// Goal: a slow bus makes it blind once, not blind and seeing in turns.
// Method: canaries at their interval, each as long under way as the last; how often does it change?
TEST(BusWatch, ABusThatIsTooSlowIsBlindOnceAndOneThatIsInTimeNever) {
  for (const LivenessProfile profile : {LivenessProfile::kDefault, LivenessProfile::kFast,
                                        LivenessProfile::kInstant, LivenessProfile::kRelaxed}) {
    const LivenessSettings settings = settings_of(profile);
    const auto changes = [&](Duration round_trip) {
      BusWatch bus(settings, kStart);
      const Duration interval = bus.next_send() - kStart + settings.heartbeat_interval / 2;
      int changed = 0;
      bool carried = false;
      MonoTime sent = kStart;
      for (Duration t{0}; t < 200 * interval; t += interval / 50) {
        const MonoTime now = kStart + t;
        for (; sent + round_trip <= now; sent += interval) bus.on_returned(sent, now);
        if (bus.carries_at(now) != carried) ++changed;
        carried = bus.carries_at(now);
      }
      return std::pair(changed, carried);
    };
    BusWatch bus(settings, kStart);
    EXPECT_EQ(changes(bus.round_trip_max() / 2), std::pair(1, true));
    EXPECT_EQ(changes(bus.round_trip_max() * 5 / 4), std::pair(0, false));
  }
}

TEST(BusWatch, ABusThatBecameTooSlowIsSeenAgainOnceItIsInTime) {
  BusWatch bus(kSettings, kStart);
  bus.on_returned(kStart, kStart + 5ms);
  bus.on_returned(kStart + 250ms, kStart + 650ms);
  EXPECT_FALSE(bus.carries_at(kStart + 651ms)) << "the youngest is 401 ms old, after a gap of 650";
  bus.on_returned(kStart + 500ms, kStart + 900ms);
  EXPECT_FALSE(bus.carries_at(kStart + 900ms));
  EXPECT_EQ(bus.round_trip(), 400ms);
  bus.on_returned(kStart + 750ms, kStart + 750ms + bus.round_trip_max());
  EXPECT_TRUE(bus.carries_at(kStart + 750ms + bus.round_trip_max()));
}

TEST(BusWatch, SendsTwicePerHeartbeat) {
  BusWatch bus(kSettings, kStart);
  EXPECT_EQ(bus.next_send(), kStart);
  bus.on_sent(kStart);
  EXPECT_EQ(bus.next_send(), kStart + 250ms);
}

}  // namespace
}  // namespace hearth::core
