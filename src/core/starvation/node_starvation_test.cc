#include "core/starvation/node_starvation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

constexpr Pressure kShortOfMemory{.memory_full = NodeStarvation::kMemoryFull};

/// A node whose pressure is sampled every two seconds.
struct Scene {
  void pass(Duration duration, const Pressure& pressure) {
    for (const MonoTime end = now + duration; now < end; now += 2s) sample(pressure);
  }
  void sample(const Pressure& pressure) {
    starvation = NodeStarvation(starvation.save());
    starvation.on_pressure(pressure, now);
    starvation.tend(now);
    starvation.check_invariants();
  }
  std::optional<Shortage> protects() const { return starvation.protects(app); }

  InstanceId app{"app-1"};
  MonoTime now{1h};
  NodeStarvation starvation;
};

TEST(NodeStarvation, ANodeIsShortFromTheThresholdOn) {
  const std::pair<Pressure, std::optional<Shortage>> cases[] = {
      {{}, std::nullopt},
      {{.cpu_some = 599, .memory_full = 199, .io_full = 499}, std::nullopt},
      {{.cpu_some = 600}, Shortage::kCpu},
      {{.memory_full = 200}, Shortage::kMemory},
      {{.io_full = 500}, Shortage::kIo},
      {{.cpu_some = 1000, .memory_full = 200, .io_full = 1000}, Shortage::kMemory},
  };
  for (const auto& [pressure, expected] : cases) {
    Scene scene;
    scene.sample(pressure);
    EXPECT_EQ(scene.protects(), expected);
    EXPECT_EQ(scene.starvation.words().empty(), !expected);
  }
}

TEST(NodeStarvation, AKernelThatReportsNoPressureIsNeverShort) {
  Scene scene;
  scene.pass(1h, {});
  EXPECT_EQ(scene.protects(), std::nullopt);
  EXPECT_EQ(scene.starvation.next_deadline(), std::nullopt);
}

TEST(NodeStarvation, ItProtectsForTwoMinutesAtMost) {
  Scene scene;
  scene.pass(NodeStarvation::kHoldMax - 2s, kShortOfMemory);
  scene.sample(kShortOfMemory);
  EXPECT_EQ(scene.protects(), Shortage::kMemory);
  EXPECT_THAT(scene.starvation.words(), HasSubstr("not acted on"));
  const MonoTime end = *scene.starvation.next_deadline();
  EXPECT_EQ(end, MonoTime(1h) + NodeStarvation::kHoldMax);
  scene.now = end;
  scene.starvation.tend(end);
  EXPECT_EQ(scene.protects(), std::nullopt);
  EXPECT_EQ(scene.starvation.words(), "it is short of memory");
  scene.pass(1h, kShortOfMemory);
  EXPECT_EQ(scene.protects(), std::nullopt) << "the same episode";
}

TEST(NodeStarvation, AnEpisodeEndsOnceTheNodeHasBeenWellForAWhile) {
  Scene scene;
  scene.sample(kShortOfMemory);
  scene.now += NodeStarvation::kCalm - 1ns;
  scene.sample({});
  EXPECT_EQ(scene.protects(), Shortage::kMemory);
  scene.now += 1ns;
  scene.sample({});
  EXPECT_EQ(scene.protects(), std::nullopt);
  EXPECT_EQ(scene.starvation.words(), "");
}

// Goal: a node that is short again and again does not keep its services unwatched.
TEST(NodeStarvation, AnEpisodeSoonAfterAnotherDoesNotCount) {
  Scene scene;
  scene.sample(kShortOfMemory);
  const MonoTime short_at = scene.now;
  scene.pass(NodeStarvation::kPause - 2s, {});
  scene.now = short_at + NodeStarvation::kPause - 1ns;
  scene.sample(kShortOfMemory);
  EXPECT_EQ(scene.protects(), std::nullopt);
  EXPECT_EQ(scene.starvation.words(), "it is short of memory");
  const MonoTime again = scene.now;
  scene.pass(20s, {});
  scene.now = again + NodeStarvation::kPause;
  scene.sample(kShortOfMemory);
  EXPECT_EQ(scene.protects(), Shortage::kMemory);
}

TEST(NodeStarvation, TheLargestConsumerIsNotProtectedByTheShortageThatItCauses) {
  Scene scene;
  scene.sample(kShortOfMemory);
  scene.starvation.on_largest(InstanceId{"other-1"});
  EXPECT_EQ(scene.protects(), Shortage::kMemory);
  scene.starvation.on_largest(scene.app);
  EXPECT_EQ(scene.protects(), std::nullopt);
  scene.starvation.on_largest(std::nullopt);
  EXPECT_EQ(scene.protects(), Shortage::kMemory);
}

TEST(NodeStarvation, IsReportedOnceAnEpisode) {
  Scene scene;
  scene.sample(kShortOfMemory);
  EXPECT_TRUE(scene.starvation.take_report());
  scene.sample(kShortOfMemory);
  EXPECT_FALSE(scene.starvation.take_report());
  scene.pass(10min, {});
  scene.sample(kShortOfMemory);
  EXPECT_TRUE(scene.starvation.take_report());
}

}  // namespace
}  // namespace hearth::core
