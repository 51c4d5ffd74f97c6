#include "core/liveness/heartbeat_age.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kOurs{1h};
constexpr MonoTime kTheirs{90 * 24h};  // The agent's clock is entirely different.

TEST(HeartbeatAge, TheClocksNeedNotAgree) {
  HeartbeatAge age;
  EXPECT_EQ(age.age_of(kTheirs, kOurs + 3ms), 0ms);
  EXPECT_EQ(age.age_of(kTheirs + 500ms, kOurs + 501ms), 0ms) << "the fastest delivery so far";
  EXPECT_EQ(age.age_of(kTheirs + 1000ms, kOurs + 1005ms), 4ms);
}

// Goal: the burst after a broker's stall must not look like current signs of life.
TEST(HeartbeatAge, ABurstAfterAStallShowsTheAgeOfEachMessage) {
  HeartbeatAge age;
  age.age_of(kTheirs, kOurs);
  const MonoTime burst = kOurs + 20s;
  for (Duration sent = 500ms; sent <= 20s; sent += 500ms) {
    EXPECT_EQ(age.age_of(kTheirs + sent, burst), 20s - sent);
  }
}

TEST(HeartbeatAge, DriftIsForgottenAfterTwoWindows) {
  HeartbeatAge age;
  Duration oldest{0};
  for (Duration t = 0s; t < 24h; t += 1s) {
    const Duration drift = t / 20'000;  // 50 ppm
    oldest = std::max(oldest, age.age_of(kTheirs + t, kOurs + t + drift));
  }
  EXPECT_LE(oldest, 7ms);
}

TEST(HeartbeatAge, AStallLongerThanAWindowIsStillSeen) {
  HeartbeatAge age;
  for (Duration t = 0s; t < 3min; t += 500ms) age.age_of(kTheirs + t, kOurs + t);
  const MonoTime burst = kOurs + 10min;
  EXPECT_EQ(age.age_of(kTheirs + 3min, burst), 7min);
  EXPECT_EQ(age.age_of(kTheirs + 10min, burst), 0min);
}

// Goal: a guest whose clock stood still while its hypervisor paused it is trusted again at once.
// Method: the differences jump up by the pause and stay there.
TEST(HeartbeatAge, AClockThatStoodStillIsTrustedAgainAfterASecond) {
  for (const Duration pause : {Duration(1s), Duration(10s), Duration(5min)}) {
    HeartbeatAge age;
    for (Duration t = 0s; t < 3min; t += 500ms) age.age_of(kTheirs + t, kOurs + t);
    Duration worst{0};
    for (Duration t = 3min; t < 3min + 10s; t += 500ms) {
      const Duration reported = age.age_of(kTheirs + t, kOurs + t + pause);
      if (t >= 3min + 1s) worst = std::max(worst, reported);
    }
    EXPECT_EQ(worst, 0ms) << pause.count();
  }
}

// Goal: a backlog that drains slowly is not mistaken for a clock that moved.
TEST(HeartbeatAge, ABacklogThatDrainsSlowlyKeepsItsAge) {
  HeartbeatAge age;
  for (Duration t = 0s; t < 3min; t += 500ms) age.age_of(kTheirs + t, kOurs + t);
  MonoTime received = kOurs + 3min + 10s;
  for (Duration t = 3min; t < received - kOurs; t += 500ms) {
    EXPECT_EQ(age.age_of(kTheirs + t, received), received - kOurs - t);
    received += 400ms;
  }
}

TEST(HeartbeatAge, AnUnannouncedRebootDoesNotMakeMessagesOld) {
  HeartbeatAge age;
  for (Duration t = 0s; t < 10s; t += 1s) age.age_of(kTheirs + t, kOurs + t);
  for (Duration t = 0s; t <= 2s; t += 1s) age.age_of(MonoTime(30s) + t, kOurs + 60s + t);
  EXPECT_EQ(age.age_of(MonoTime(33s), kOurs + 63s), 0ms);
}

}  // namespace
}  // namespace hearth::core
