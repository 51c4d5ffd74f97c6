#include "core/restart/restart_record.h"

#include <utility>

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr RestartSettings kSettings{.backoff_min = 1s,
                                    .backoff_max = 60s,
                                    .healthy_after = 60s,
                                    .crash_loop_count = 5,
                                    .crash_loop_window = 5min};
constexpr MonoTime kStart{1h};

TEST(RestartRecord, TheFirstRestartIsImmediateThenTheWaitDoubles) {
  Prng prng(1);
  RestartRecord record(kSettings);
  record.on_started(kStart);
  record.on_stopped(kStart + 10s, prng);
  EXPECT_EQ(record.next_start(), kStart + 10s);

  MonoTime now = kStart + 10s;
  for (const Duration wait : {1s, 2s, 4s}) {
    record.on_started(now);
    record.on_stopped(now, prng);
    EXPECT_GE(record.next_start() - now, wait);
    EXPECT_LE(record.next_start() - now, wait * 6 / 5);
    now = record.next_start();
  }
}

TEST(RestartRecord, AHealthySpellForgetsTheBackoff) {
  Prng prng(1);
  RestartRecord record(kSettings);
  MonoTime now = kStart;
  for (int i = 0; i < 4; ++i) {
    record.on_started(now);
    record.on_stopped(now, prng);
    now = record.next_start();
  }
  record.on_started(now);
  now += kSettings.healthy_after;
  record.on_stopped(now, prng);
  EXPECT_EQ(record.next_start(), now);
}

TEST(RestartRecord, ManyStopsInAWindowAreACrashLoopWithTheLongestWait) {
  Prng prng(1);
  RestartRecord record(kSettings);
  MonoTime now = kStart;
  for (int i = 0; i < 4; ++i) {
    record.on_stopped(now, prng);
    EXPECT_FALSE(record.in_crash_loop());
    now = record.next_start();
  }
  record.on_stopped(now, prng);
  EXPECT_TRUE(record.in_crash_loop());
  EXPECT_GE(record.next_start() - now, kSettings.backoff_max);
}

// Goal: a program that keeps ending is in one crash loop, however long it runs each time, until it
// has been well once. Method: it runs equally long each time and is started when it may be.
TEST(RestartRecord, OnlyAHealthySpellEndsACrashLoop) {
  for (const Duration run : {0s, 10s, 30s, 59s}) {
    Prng prng(1);
    RestartRecord record(kSettings);
    MonoTime now = kStart;
    int changes = 0;
    bool looping = false;
    for (int i = 0; i < 50; ++i) {
      record.on_started(now);
      now += run;
      record.on_stopped(now, prng);
      if (record.in_crash_loop() != std::exchange(looping, record.in_crash_loop())) ++changes;
      if (looping) {
        EXPECT_GE(record.next_start() - now, kSettings.backoff_max);
      }
      now = record.next_start();
    }
    EXPECT_TRUE(looping);
    EXPECT_EQ(changes, 1) << "runs of " << run / 1s << " s";

    record.on_started(now);
    now += kSettings.healthy_after;
    record.on_stopped(now, prng);
    EXPECT_FALSE(record.in_crash_loop());
    EXPECT_EQ(record.next_start(), now);
  }
}

TEST(RestartRecord, TheWaitNeverExceedsItsCapAndJitter) {
  Prng prng(3);
  RestartRecord record(kSettings);
  MonoTime now = kStart;
  for (int i = 0; i < 200; ++i) {
    record.on_stopped(now, prng);
    EXPECT_LE(record.next_start() - now, kSettings.backoff_max * 6 / 5);
    now = record.next_start();
  }
}

TEST(RestartRecord, RareStopsAreNoCrashLoop) {
  Prng prng(1);
  RestartRecord record(kSettings);
  MonoTime now = kStart;
  for (int i = 0; i < 50; ++i) {
    record.on_started(now);
    now += 2min;
    record.on_stopped(now, prng);
    EXPECT_FALSE(record.in_crash_loop());
    EXPECT_EQ(record.next_start(), now);
  }
}

TEST(RestartRecord, ACopyOfItsStateBehavesLikeIt) {
  Prng prng(1);
  RestartRecord record(kSettings);
  record.on_started(kStart);
  for (int i = 0; i < 4; ++i) record.on_stopped(kStart + 1s, prng);
  RestartRecord copy(kSettings, record.save());
  Prng same(prng.save());
  EXPECT_EQ(copy.save(), record.save());
  copy.on_stopped(kStart + 2s, same);
  record.on_stopped(kStart + 2s, prng);
  EXPECT_EQ(copy.next_start(), record.next_start());
  EXPECT_EQ(copy.in_crash_loop(), record.in_crash_loop());
}

}  // namespace
}  // namespace hearth::core
