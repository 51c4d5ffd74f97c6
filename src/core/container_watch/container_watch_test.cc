#include "core/container_watch/container_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::IsEmpty;
using testing::SizeIs;

const ContainerId kFirst{"c1"};
const ContainerId kSecond{"c2"};
constexpr MonoTime kStart{1h};

AssignedInstance instance() {
  AssignedInstance one{.id = InstanceId{"app-1"},
                       .workload = *WorkloadName::parse("app"),
                       .generation = {1},
                       .image = {},
                       .spec = {}};
  one.spec.log_rules.push_back({.name = "panic"});
  return one;
}

template <class Action>
std::size_t count_of(const std::vector<WatchAction>& actions) {
  std::size_t count = 0;
  for (const WatchAction& action : actions) count += std::holds_alternative<Action>(action) ? 1 : 0;
  return count;
}

TEST(ContainerWatch, EachContainersLogIsReadOnce) {
  ContainerWatch watch;
  EXPECT_EQ(count_of<FollowLog>(watch.take(kFirst, instance(), {}, kStart)), 1U);
  EXPECT_EQ(count_of<FollowLog>(watch.take(kFirst, instance(), {}, kStart)), 0U);
  EXPECT_EQ(count_of<FollowLog>(watch.take(kSecond, instance(), {}, kStart)), 1U);
}

TEST(ContainerWatch, ALogWithoutRulesIsNotRead) {
  ContainerWatch watch;
  AssignedInstance quiet = instance();
  quiet.spec.log_rules.clear();
  EXPECT_EQ(count_of<FollowLog>(watch.take(kFirst, quiet, {}, kStart)), 0U);
}

TEST(ContainerWatch, TheRuntimeIsAskedUntilItAnswers) {
  ContainerWatch watch;
  watch.on_running(kStart);
  EXPECT_EQ(count_of<InspectContainer>(watch.take(kFirst, instance(), {}, kStart)), 1U);
  EXPECT_EQ(watch.next_deadline(kFirst, kStart), kStart + ContainerWatch::kInspectionRetry);
  EXPECT_THAT(watch.take(kFirst, instance(), {}, kStart + 1s), IsEmpty());
  const MonoTime again = kStart + ContainerWatch::kInspectionRetry;
  EXPECT_EQ(count_of<InspectContainer>(watch.take(kFirst, instance(), {}, again)), 1U);
  watch.on_inspected(kFirst);
  EXPECT_EQ(watch.next_deadline(kFirst, again), std::nullopt);
  EXPECT_THAT(watch.take(kFirst, instance(), {}, again + 1h), IsEmpty());
}

TEST(ContainerWatch, ChecksThatAreDueAreRun) {
  ContainerWatch watch;
  EXPECT_EQ(count_of<RunCheck>(watch.take(kFirst, instance(), std::vector<DueCheck>(2), kStart)),
            2U);
}

TEST(ContainerWatch, ACopyOfItsStateIsTheSame) {
  ContainerWatch watch;
  (void)watch.take(kFirst, instance(), {}, kStart);
  EXPECT_EQ(ContainerWatch(watch.save()).save(), watch.save());
}

}  // namespace
}  // namespace hearth::core
