#include "core/memory_keeper/memory_keeper.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using testing::HasSubstr;
using namespace std::chrono_literals;

struct Scene {
  std::optional<std::uint64_t> tend(Unsaved unsaved) {
    keeper = MemoryKeeper(keeper.save());
    keeper.check_invariants();
    return keeper.tend(unsaved, now);
  }
  bool answer(std::uint64_t number) { return keeper.on_saved(number, {}, now); }
  bool refuse(std::uint64_t number) {
    return keeper.on_saved(number, fail(ErrorCode::kExhausted, "disk full"), now);
  }

  MonoTime now{1h};
  MemoryKeeper keeper;
};

TEST(MemoryKeeper, StoresADecisionAtOnceAndOneAtATime) {
  Scene scene;
  EXPECT_EQ(scene.tend(Unsaved::kNothing), std::nullopt);
  EXPECT_EQ(scene.keeper.next_deadline(), std::nullopt);
  EXPECT_EQ(scene.tend(Unsaved::kDecision), 1U);
  EXPECT_EQ(scene.tend(Unsaved::kDecision), std::nullopt);
  EXPECT_TRUE(scene.answer(1));
  EXPECT_EQ(scene.tend(Unsaved::kDecision), 2U) << "what was decided meanwhile";
  EXPECT_FALSE(scene.answer(1)) << "not the one in progress";
}

TEST(MemoryKeeper, StoresProgressOnlyEveryFewSeconds) {
  Scene scene;
  ASSERT_EQ(scene.tend(Unsaved::kProgress), 1U);
  ASSERT_TRUE(scene.answer(1));
  EXPECT_EQ(scene.tend(Unsaved::kProgress), std::nullopt);
  EXPECT_EQ(scene.keeper.next_deadline(), scene.now + MemoryKeeper::kProgressPeriod);
  scene.now += MemoryKeeper::kProgressPeriod - 1ns;
  EXPECT_EQ(scene.tend(Unsaved::kProgress), std::nullopt);
  scene.now += 1ns;
  EXPECT_EQ(scene.tend(Unsaved::kProgress), 2U);
}

TEST(MemoryKeeper, RepeatsWhatFailedAndSaysSo) {
  Scene scene;
  ASSERT_EQ(scene.tend(Unsaved::kDecision), 1U);
  EXPECT_FALSE(scene.refuse(1));
  EXPECT_THAT(scene.keeper.problem(), HasSubstr("disk full"));
  EXPECT_EQ(scene.tend(Unsaved::kDecision), std::nullopt);
  EXPECT_EQ(scene.keeper.next_deadline(), scene.now + MemoryKeeper::kRetry);
  scene.now += MemoryKeeper::kRetry;
  EXPECT_EQ(scene.tend(Unsaved::kNothing), 2U) << "though nothing happened since";
  EXPECT_TRUE(scene.answer(2));
  EXPECT_EQ(scene.keeper.problem(), "");
}

TEST(MemoryKeeper, ADiskThatDoesNotAnswerIsAProblem) {
  Scene scene;
  ASSERT_EQ(scene.tend(Unsaved::kDecision), 1U);
  EXPECT_EQ(scene.keeper.next_deadline(), scene.now + kDecisionWait);
  scene.now += kDecisionWait;
  EXPECT_EQ(scene.tend(Unsaved::kDecision), std::nullopt);
  EXPECT_EQ(scene.keeper.next_deadline(), std::nullopt);
  EXPECT_THAT(scene.keeper.problem(), HasSubstr("the disk does not answer"));
  EXPECT_TRUE(scene.answer(1));
  EXPECT_EQ(scene.keeper.problem(), "");
}

// What is carried over. ---------------------------------------------------------------------------

WatchMemory stored() {
  WatchMemory memory{.boot_id = "boot-1", .saved_at = MonoTime(1h)};
  InstanceMemory& instance = memory.instances[InstanceId{"app-1"}];
  instance.rules.started_at = MonoTime(10min);
  instance.rules.rules.push_back(
      {.last = LogFiring{.at = MonoTime(59min)}, .counted = {MonoTime(58min)}});
  instance.restart.next_start = MonoTime(61min);
  return memory;
}

TEST(CarriedOver, WithinABootInstantsStay) {
  EXPECT_EQ(carried_over(stored(), "boot-1", MonoTime(2h)), stored());
}

// Goal: how long the machine was off is not known without a wall clock, so a hold-off goes on as if
// it had not been off at all: it lasts rather too long than too short.
TEST(CarriedOver, OverABootTheyKeepTheirAge) {
  const WatchMemory memory = carried_over(stored(), "boot-2", MonoTime(5s));
  const InstanceMemory& instance = memory.instances.begin()->second;
  EXPECT_EQ(instance.rules.rules[0].last->at, MonoTime(-1min));
  EXPECT_EQ(instance.rules.rules[0].counted[0], MonoTime(-2min));
  EXPECT_EQ(instance.rules.started_at, MonoTime(-50min));
  EXPECT_EQ(instance.restart.next_start, MonoTime(1min));
}

TEST(CarriedOver, AnInstantOfTheFutureIsOfAnotherBoot) {
  const WatchMemory memory = carried_over(stored(), "boot-1", MonoTime(30min));
  EXPECT_EQ(memory.instances.begin()->second.rules.rules[0].last->at, MonoTime(-1min));
}

}  // namespace
}  // namespace hearth::core
