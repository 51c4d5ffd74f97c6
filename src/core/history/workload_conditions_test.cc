#include "core/history/workload_conditions.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr WallTime kNow{std::chrono::seconds(9)};
const Digest kBundle = *Digest::parse("sha256:" + std::string(64, 'a'));
const WorkloadName kApp = *WorkloadName::parse("app");

/// A workload of two instances, as the manager's tables have it.
struct Scene {
  explicit Scene(WorkloadPhase phase = WorkloadPhase::kDeployed)
      : workloads({.workloads = {{.name = kApp,
                                  .phase = phase,
                                  .current = Release{.generation = {4},
                                                     .spec = {.instances = 2, .bundle = kBundle}},
                                  .next = {},
                                  .build_node = {}}}}) {}

  void add(std::uint64_t number, InstanceState state, Health health = Health::kUnknown) {
    Instance instance{.id = make_instance_id(kApp, number),
                      .workload = kApp,
                      .status = {.state = state, .health = health}};
    (void)instances.add(std::move(instance));
  }
  std::optional<Condition> review(const std::string& cause = "because") {
    entry = conditions.review(kApp, cause, kNow);
    if (!entry) return std::nullopt;
    return entry->condition;
  }

  WorkloadCatalog workloads;
  InstanceTable instances;
  WorkloadConditions conditions{workloads, instances};
  std::optional<HistoryEntry> entry;
};

TEST(WorkloadConditions, FollowTheNumberOfReadyInstances) {
  Scene scene;
  EXPECT_EQ(scene.review(), std::nullopt) << "as when the manager started";
  scene.add(1, InstanceState::kRunning);
  EXPECT_EQ(scene.review("'app-1' is running"), Condition::kReduced);
  EXPECT_EQ(scene.entry, (HistoryEntry{.workload = kApp,
                                       .at = kNow,
                                       .condition = Condition::kReduced,
                                       .cause = "'app-1' is running",
                                       .generation = {4}}));
  scene.add(2, InstanceState::kRunning, Health::kStarting);
  EXPECT_EQ(scene.review(), std::nullopt) << "it is not ready";
  scene.add(3, InstanceState::kCompleted);
  EXPECT_EQ(scene.review(), Condition::kAvailable);
  (void)scene.instances.forget(make_instance_id(kApp, 1));
  (void)scene.instances.forget(make_instance_id(kApp, 3));
  EXPECT_EQ(scene.review(), Condition::kUnavailable);
}

TEST(WorkloadConditions, AManagerThatStartsKnowsTheLastEntryByItsRecords) {
  Scene scene;
  scene.add(1, InstanceState::kRunning);
  ASSERT_EQ(scene.review(), Condition::kReduced);
  WorkloadConditions next(scene.workloads, scene.instances);
  EXPECT_EQ(next, scene.conditions);
  EXPECT_EQ(next.review(kApp, "", kNow), std::nullopt);
}

TEST(WorkloadConditions, NothingIsWantedOfAStoppedWorkload) {
  Scene scene;
  scene.add(1, InstanceState::kRunning);
  (void)scene.review();
  ASSERT_TRUE(scene.workloads.stop(kApp).has_value());
  EXPECT_EQ(scene.review(""), Condition::kUnwanted);
  EXPECT_EQ(scene.entry->cause, "the workload is stopped");
}

}  // namespace
}  // namespace hearth::core
