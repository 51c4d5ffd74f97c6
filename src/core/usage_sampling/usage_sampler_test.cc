#include "core/usage_sampling/usage_sampler.h"

#include <algorithm>
#include <set>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using ::testing::IsEmpty;
using ::testing::SizeIs;

InstanceId instance(int number) {
  return InstanceId{"app-" + std::to_string(number)};
}

/// A node with containers, whose runtime answers at once, or not.
struct Scene {
  explicit Scene(int count) {
    for (int i = 0; i < count; ++i)
      running.emplace(instance(i), ContainerId{"c" + std::to_string(i)});
  }
  void pass(Duration duration) {
    for (const MonoTime end = now + duration; now < end;) {
      const std::optional<MonoTime> next = sampler.next_deadline();
      ASSERT_TRUE(next);
      now = std::max(*next, now);
      std::vector<SampleUsage> requests = sampler.tend([this] { return running; }, now);
      while (!requests.empty()) {
        std::vector<SampleUsage> more;
        for (const SampleUsage& request : requests) {
          asked.emplace_back(now, request);
          if (silent.contains(request.instance)) continue;
          answer(request);
          for (SampleUsage& next_one : sampler.tend([this] { return running; }, now))
            more.push_back(std::move(next_one));
        }
        requests = std::move(more);
      }
      sampler.check_invariants();
    }
  }
  /// When the next answer came.
  MonoTime next_sample() {
    const std::size_t before = asked.size();
    while (asked.size() == before) pass(UsageSampler::kLookPeriod);
    return asked.back().first;
  }
  bool answer(const SampleUsage& request) {
    return sampler.on_sampled({request.container, request.instance, request.number, usage}, now);
  }
  std::size_t times_asked(int number) const {
    return static_cast<std::size_t>(std::count_if(asked.begin(), asked.end(), [&](const auto& one) {
      return one.second.instance == instance(number);
    }));
  }

  MonoTime now{1h};
  UsageSampler sampler;
  UsageSampler::Running running;
  std::set<InstanceId> silent;
  ContainerUsage usage{.memory_bytes = 5, .cpu_time = 0s};
  std::vector<std::pair<MonoTime, SampleUsage>> asked;
};

TEST(UsageSampler, AsksAboutEachContainerOnceAPeriod) {
  Scene scene(10);
  scene.pass(1min);
  for (int i = 0; i < 10; ++i) {
    EXPECT_GE(scene.times_asked(i), 9U) << i;
    EXPECT_LE(scene.times_asked(i), 13U) << i;
  }
}

TEST(UsageSampler, NeverAsksAboutAllAtOnce) {
  Scene scene(200);
  scene.pass(20s);
  std::map<MonoTime, int> at;
  for (const auto& [when, request] : scene.asked) ++at[when];
  for (const auto& [when, count] : at) EXPECT_LT(count, 90);
}

TEST(UsageSampler, OneThatDoesNotAnswerIsAskedAgainAfterTheTimeout) {
  Scene scene(1);
  scene.silent = {instance(0)};
  scene.pass(1min);
  EXPECT_THAT(scene.asked, SizeIs(4));
  for (std::size_t i = 1; i < scene.asked.size(); ++i)
    EXPECT_GE(scene.asked[i].first - scene.asked[i - 1].first, UsageSampler::kTimeout);
}

TEST(UsageSampler, ARuntimeThatHangsGetsFewRequests) {
  Scene scene(100);
  for (int i = 0; i < 100; ++i) scene.silent.insert(instance(i));
  scene.pass(1min);
  EXPECT_LE(scene.asked.size(), 5 * UsageSampler::kInFlightMax);
  EXPECT_GE(scene.asked.size(), 3 * UsageSampler::kInFlightMax);
}

// Goal: those that answer are not kept waiting by those that do not.
TEST(UsageSampler, FewThatDoNotAnswerDoNotDelayTheOthers) {
  Scene scene(20);
  for (int i = 0; i < 3; ++i) scene.silent.insert(instance(i));
  scene.pass(1min);
  for (int i = 3; i < 20; ++i) EXPECT_GE(scene.times_asked(i), 8U) << i;
}

TEST(UsageSampler, ALateAnswerAndOneOfAReplacedContainerSayNothing) {
  Scene scene(1);
  scene.silent = {instance(0)};
  scene.pass(22s);
  ASSERT_THAT(scene.asked, SizeIs(2));
  EXPECT_FALSE(scene.answer(scene.asked[0].second));
  scene.running[instance(0)] = ContainerId{"another"};
  scene.pass(1s);
  EXPECT_FALSE(scene.answer(scene.asked[1].second));
  EXPECT_THAT(scene.sampler.usages(), IsEmpty());
}

TEST(UsageSampler, KnowsTheShareOfACoreBetweenTwoSamples) {
  Scene scene(1);
  const MonoTime before = scene.next_sample();
  EXPECT_EQ(scene.sampler.usages().at(instance(0)).cpu_permille, std::nullopt);
  scene.usage.cpu_time = 3s;
  const Duration elapsed = scene.next_sample() - before;
  const InstanceUsage usage = scene.sampler.usages().at(instance(0));
  EXPECT_EQ(usage.memory_bytes, 5U);
  ASSERT_TRUE(usage.cpu_permille);
  EXPECT_NEAR(*usage.cpu_permille, 3000.0 * 1e9 / static_cast<double>(elapsed.count()), 1);
  scene.usage.cpu_time = 1s;  // It was started again.
  scene.next_sample();
  EXPECT_EQ(scene.sampler.usages().at(instance(0)).cpu_permille, std::nullopt);
}

TEST(UsageSampler, ForgetsWhatDoesNotRun) {
  Scene scene(2);
  scene.pass(10s);
  scene.running.erase(instance(0));
  scene.pass(1s);
  EXPECT_THAT(scene.sampler.usages(), SizeIs(1));
}

TEST(UsageSampler, RestsWhileTheRuntimeMayNotBeAsked) {
  UsageSampler sampler;
  sampler.rest(MonoTime(1h));
  EXPECT_EQ(sampler.next_deadline(),
            MonoTime(1h) + UsageSampler::kLookPeriod + UsageSampler::kLookSlack);
}

}  // namespace
}  // namespace hearth::core
