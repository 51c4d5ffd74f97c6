#include "adapters/sqlite/history_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "adapters/sqlite/sqlite_store.h"
#include "testing/disk/temporary_directory.h"

namespace hearth {
namespace {

using testing::ElementsAre;
using testing::Le;
using testing::SizeIs;
using namespace std::chrono_literals;

const WorkloadName kApp = *WorkloadName::parse("app");
constexpr WallTime kNow{std::chrono::hours(24 * 365 * 50)};

HistoryEntry of_app(WallTime at, Condition condition) {
  return {.workload = kApp, .at = at, .condition = condition, .cause = "because"};
}
HistoryEntry of_instance(std::uint64_t number, WallTime at, Condition condition) {
  HistoryEntry entry = of_app(at, condition);
  entry.instance = make_instance_id(kApp, number);
  return entry;
}

struct Scene {
  void commit(const std::vector<HistoryEntry>& entries) const {
    std::vector<Write> writes;
    for (const HistoryEntry& entry : entries) writes.emplace_back(AppendHistory{entry});
    const Result<void> committed = store->commit(writes);
    ASSERT_TRUE(committed.has_value()) << committed.error().message;
  }
  /// So many that the bounds are applied.
  void fill(WallTime at) const {
    commit(std::vector(HistoryTable::kTrimEvery, of_instance(99, at, Condition::kReady)));
  }
  std::vector<HistoryEntry> of_app() const { return store->history_of(kApp).value().workload; }
  std::vector<Condition> of_app_as_a_whole() const {
    std::vector<Condition> conditions;
    for (const HistoryEntry& entry : of_app()) {
      if (!entry.instance) conditions.push_back(entry.condition);
    }
    return conditions;
  }

  TemporaryDirectory folder;
  std::unique_ptr<SqliteStore> store = SqliteStore::open({.directory = folder.path()}).value();
};

TEST(HistoryTable, KeepsEachFieldAndTheOrder) {
  const Scene scene;
  HistoryEntry first = of_instance(1, kNow, Condition::kCrashLoop);
  first.node = *NodeName::parse("a");
  first.container = {"c1"};
  first.generation = {7};
  HistoryEntry second = of_app(kNow - 1s, Condition::kReduced);
  HistoryEntry third{.at = kNow, .condition = Condition::kBlind, .cause = "the bus is gone"};
  scene.commit({first, second, third});
  first.seq = 1;
  second.seq = 2;
  third.seq = 3;
  const History history = scene.store->history_of(kApp).value();
  EXPECT_THAT(history.workload, ElementsAre(first, second));
  EXPECT_THAT(history.manager, ElementsAre(third));
  EXPECT_THAT(scene.store->history_of(*WorkloadName::parse("other")).value().workload, SizeIs(0));
}

TEST(HistoryTable, HasABoundForEachWorkload) {
  const Scene scene;
  scene.commit({of_app(kNow, Condition::kAvailable)});
  for (std::uint64_t left = 2 * HistoryTable::kRowsOfWorkloadMax / HistoryTable::kTrimEvery;
       left > 0; --left) {
    scene.fill(kNow);
  }
  EXPECT_THAT(scene.of_app(),
              SizeIs(Le(HistoryTable::kRowsOfWorkloadMax + HistoryTable::kTrimEvery + 1)));
  EXPECT_THAT(scene.of_app_as_a_whole(), ElementsAre(Condition::kAvailable))
      << "it holds until today";
}

TEST(HistoryTable, ForgetsByAgeWhatNoLongerHeldThen) {
  const Scene scene;
  const WallTime old = kNow - HistoryTable::kAgeMax;
  scene.commit({of_app(old - 3h, Condition::kAvailable), of_app(old - 2h, Condition::kUnavailable),
                of_app(old + 1h, Condition::kAvailable), of_instance(1, old - 2h, Condition::kGone),
                of_instance(2, old - 2h, Condition::kReady)});
  scene.fill(kNow);
  EXPECT_THAT(scene.of_app_as_a_whole(),
              ElementsAre(Condition::kUnavailable, Condition::kAvailable));
  EXPECT_EQ(scene.of_app()[2].instance, make_instance_id(kApp, 2)) << "it still runs";
}

}  // namespace
}  // namespace hearth
