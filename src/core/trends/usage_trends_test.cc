#include "core/trends/usage_trends.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/trends/trend_words.h"
#include "core/trends/use_curve.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;

std::vector<TrendRule> memory(HealthAction action, Duration ahead = 10min) {
  return {{.of = TrendOf::kMemory, .ahead = ahead, .action = action}};
}

TEST(UsageTrends, ALeakIsReportedOnceWithItsFigures) {
  UseScene scene;
  scene.follow(line(0.1, 0.02), 44min);
  ASSERT_THAT(scene.firings, SizeIs(1));
  EXPECT_EQ(scene.firings[0].action, HealthAction::kEvent);
  EXPECT_THAT(scene.firings[0].why,
              HasSubstr("memory grows 1.3 MiB a minute and reaches its limit of 64 MiB in about"));
  EXPECT_GT(scene.fired_after[0], 34min);
  EXPECT_LT(scene.fired_after[0], 37min);
}

TEST(UsageTrends, TheTimeLeftIsKnownBeforeItIsShort) {
  UseScene scene;
  EXPECT_EQ(scene.trends.memory_full_in(scene.now), std::nullopt);
  scene.follow(line(0.1, 0.01), 30min);
  EXPECT_THAT(scene.firings, IsEmpty());
  const auto left = scene.trends.memory_full_in(scene.now);
  ASSERT_TRUE(left);
  EXPECT_GT(*left, 55min);
  EXPECT_LT(*left, 65min);
}

TEST(UsageTrends, ActsAsFarAheadAsItsRuleSays) {
  UseScene scene(memory(HealthAction::kReplace, 30min));
  scene.follow(line(0.1, 0.009), 90min);  // Full after 100 minutes.
  ASSERT_THAT(scene.firings, SizeIs(1));
  EXPECT_EQ(scene.firings[0].action, HealthAction::kReplace);
  EXPECT_GT(scene.fired_after[0], 68min);
  EXPECT_LT(scene.fired_after[0], 75min);
}

TEST(UsageTrends, ACollectedHeapIsNoFault) {
  UseScene scene;
  scene.follow(saw_tooth(0.2, 0.7, 12min), 4h);
  EXPECT_THAT(scene.firings, IsEmpty());
}

TEST(UsageTrends, ACollectedHeapThatLeaksIsAFault) {
  UseScene scene;
  scene.follow(sum(saw_tooth(0.1, 0.25, 3min), line(0, 0.01)), 80min);
  ASSERT_FALSE(scene.firings.empty());
  EXPECT_GT(scene.fired_after[0], 55min);
}

TEST(UsageTrends, AStepAndAPlateauAreNoFaults) {
  UseScene scene;
  scene.follow(then(line(0.1, 0), 20min, line(0.9, 0)), 2h);
  EXPECT_THAT(scene.firings, IsEmpty());
  UseScene warming;
  warming.follow(warm_up(0.1, 0.85, 10min), 3h);
  EXPECT_THAT(warming.firings, IsEmpty());
}

TEST(UsageTrends, ALeakAfterHoursOfCalmIsSeenInTime) {
  UseScene scene;
  scene.follow(then(line(0.2, 0), 3h, line(0.2, 0.04)), 3h + 19min);  // Full after 3 h 20 m.
  ASSERT_THAT(scene.firings, SizeIs(1));
  EXPECT_LT(scene.fired_after[0], 3h + 16min);
}

TEST(UsageTrends, TheFaultPassesOnceItStopsGrowing) {
  UseScene scene(memory(HealthAction::kMark));
  scene.follow(line(0.1, 0.02), 40min);
  EXPECT_THAT(scene.trends.marks(), ElementsAre(HasSubstr("memory grows")));
  const double level = 0.1 + 0.02 * 40;
  scene.follow(line(level, 0), 20min);
  EXPECT_THAT(scene.trends.marks(), IsEmpty());
  EXPECT_EQ(scene.trends.memory_full_in(scene.now), std::nullopt);
  EXPECT_THAT(scene.firings, SizeIs(1));
}

TEST(UsageTrends, AFreshContainerStartsAnew) {
  UseScene scene(memory(HealthAction::kMark));
  scene.follow(line(0.1, 0.02), 40min);
  scene.start();
  EXPECT_THAT(scene.trends.marks(), IsEmpty());
  EXPECT_EQ(scene.trends.memory_full_in(scene.now), std::nullopt);
  scene.follow(line(0.1, 0.02), 20min);
  EXPECT_THAT(scene.firings, SizeIs(1));
  scene.follow(line(0.1, 0.02), 20min);
  EXPECT_THAT(scene.firings, SizeIs(2));
}

// Goal: a rule whose restart does not help acts at most once a hold-off.
TEST(UsageTrends, TheHoldOffOutlastsTheContainer) {
  UseScene scene(memory(HealthAction::kRestart));
  for (int i = 0; i < 60; ++i) {
    const std::size_t before = scene.firings.size();
    while (scene.firings.size() == before && scene.age() < 5min)
      scene.follow(line(0.1, 0.25), 15s);  // Full in less than 4 minutes.
    scene.start();
  }
  const Duration all = scene.now - MonoTime(1h);
  EXPECT_GT(scene.firings.size(), 5U);
  EXPECT_LE(scene.firings.size(), static_cast<std::size_t>(all / UsageTrends::kHoldOff) + 1);
}

TEST(UsageTrends, WhatBeginsWithinTheHoldOffActsAtItsEnd) {
  UseScene scene(memory(HealthAction::kRestart));
  scene.follow(line(0.1, 0.25), 210s);
  ASSERT_THAT(scene.firings, SizeIs(1));
  scene.start();
  scene.follow(line(0.1, 0.25), 210s);
  EXPECT_THAT(scene.firings, SizeIs(1));
  scene.follow(line(0.1, 0.25), 3min);
  EXPECT_THAT(scene.firings, SizeIs(2));
}

TEST(UsageTrends, WithoutALimitThereIsNoTrend) {
  UseScene scene(memory(HealthAction::kMark));
  scene.limit.reset();
  scene.follow(line(0.1, 0.02), 44min);
  EXPECT_THAT(scene.firings, IsEmpty());
  UseScene other(memory(HealthAction::kMark));
  other.follow(line(0.1, 0.02), 40min);
  other.limit.reset();
  other.follow(line(0.1, 0.02), 5s);
  EXPECT_THAT(other.trends.marks(), IsEmpty());
}

TEST(UsageTrends, AnotherLimitCountsAtOnce) {
  UseScene scene(memory(HealthAction::kMark));
  scene.follow(line(0.1, 0.01), 30min);
  EXPECT_THAT(scene.firings, IsEmpty());
  scene.limit = UseScene::kLimit / 2;  // 10 minutes are left.
  scene.follow(line(0.1, 0.01), 1min);
  ASSERT_THAT(scene.firings, SizeIs(1));
  EXPECT_THAT(scene.firings[0].why, HasSubstr("limit of 32 MiB"));
  scene.limit = UseScene::kLimit * 4;
  scene.follow(line(0.1, 0.01), 3min);
  EXPECT_THAT(scene.trends.marks(), IsEmpty());
}

TEST(UsageTrends, MissingSamplesAndALateClockAreNoFaults) {
  UseScene scene;
  scene.follow(line(0.1, 0.005), 20min);
  scene.now += 2h;  // The machine slept: nothing was used meanwhile.
  scene.follow(line(0.2, 0), 10min);
  scene.now += 20min;
  scene.sample({});
  scene.follow(line(0.3, 0), 30min);
  EXPECT_THAT(scene.firings, IsEmpty());
}

TEST(UsageTrends, ALeakWithMissingSamplesIsStillSeen) {
  UseScene scene;
  const UseCurve leak = line(0.1, 0.02);
  while (scene.age() < 44min) {
    scene.now += 40s;
    scene.follow(leak, 5s);
  }
  EXPECT_THAT(scene.firings, SizeIs(1));
}

TEST(UsageTrends, OpenFilesAndProcessesLikewise) {
  UseScene scene({{.of = TrendOf::kProcesses, .action = HealthAction::kMark}});
  for (std::uint64_t i = 0; i < 12 * 30; ++i) {
    scene.now += 5s;
    scene.sample(
        {.pids = 10 + i, .pids_max = 400, .open_files = 20 + 2 * i, .open_files_max = 800});
  }
  ASSERT_THAT(scene.firings, SizeIs(2));
  EXPECT_THAT(scene.trends.marks(), ElementsAre(HasSubstr("processes grow by 12 a minute")));
  EXPECT_EQ(scene.firings[1].of, TrendOf::kOpenFiles);
  EXPECT_EQ(scene.firings[1].action, HealthAction::kEvent) << "which is the default";
}

TEST(UsageTrends, OftenRestartedWithinAnHour) {
  UseScene scene({{.of = TrendOf::kRestarts, .action = HealthAction::kMark}});
  for (int i = 0; i < 2; ++i) {
    scene.now += 10min;
    scene.start();
  }
  EXPECT_THAT(scene.firings, IsEmpty());
  scene.now += 10min;
  scene.start();
  ASSERT_THAT(scene.firings, SizeIs(1));
  EXPECT_EQ(scene.firings[0].why, "it was restarted 3 times within an hour");
  EXPECT_THAT(scene.trends.marks(), SizeIs(1));
  scene.follow(line(0.1, 0), 41min);
  EXPECT_THAT(scene.trends.marks(), IsEmpty());
  UseScene without;
  for (int i = 0; i < 5; ++i) without.start();
  EXPECT_THAT(without.firings, IsEmpty()) << "only if the file asks for it";
}

TEST(GrowthWords, SayTheSpeedTheLimitAndTheTime) {
  const Growth growth{.per_minute = 1.2 * 1024 * 1024, .full_in = 8min};
  EXPECT_EQ(words_of_growth(TrendOf::kMemory, growth, 64ULL << 20U),
            "memory grows 1.2 MiB a minute and reaches its limit of 64 MiB in about 8 min");
  EXPECT_EQ(words_of_growth(TrendOf::kOpenFiles, {.per_minute = 3, .full_in = 30s}, 1024),
            "open files grow by 3 a minute and reach their limit of 1024 in about 30 s");
  EXPECT_EQ(words_of_growth(TrendOf::kProcesses, {.per_minute = 0.25, .full_in = 20h}, 512),
            "processes grow by 0.2 a minute and reach their limit of 512 in about 20 h");
}

RC_GTEST_PROP(UsageTrendsProperties, AnyUseLeavesItConsistentAndACopyBehavesLikeIt, ()) {
  const auto rules = std::vector<TrendRule>{{.of = TrendOf::kMemory, .action = HealthAction::kMark},
                                            {.of = TrendOf::kRestarts}};
  UsageTrends trends(rules);
  MonoTime now{1h};
  const int steps = *rc::gen::inRange(0, 300);
  for (int i = 0; i < steps; ++i) {
    now += std::chrono::seconds(*rc::gen::inRange(0, 60));
    UsageTrends copy(rules, trends.save());
    std::vector<TrendFiring> fired;
    std::vector<TrendFiring> fired_by_copy;
    if (*rc::gen::inRange(0, 50) == 0) {
      fired = trends.on_started(now, now);
      fired_by_copy = copy.on_started(now, now);
    } else {
      const ContainerUsage usage{.memory_bytes = *rc::gen::arbitrary<std::uint64_t>(),
                                 .memory_limit_bytes = *rc::gen::arbitrary<std::uint64_t>()};
      fired = trends.on_sample(usage, now);
      fired_by_copy = copy.on_sample(usage, now);
    }
    RC_ASSERT(fired == fired_by_copy);
    RC_ASSERT(trends.save() == copy.save());
    trends.check_invariants();
    const auto left = trends.memory_full_in(now);
    const bool is_in_range = !left || (*left >= Duration::zero() && *left <= kGrowthAheadMax);
    RC_ASSERT(is_in_range);
  }
}

}  // namespace
}  // namespace hearth::core
