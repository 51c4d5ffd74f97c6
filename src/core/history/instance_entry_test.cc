#include "core/history/instance_entry.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr WallTime kNow{std::chrono::seconds(9)};

Instance running() {
  return {.id = {"app-1"},
          .workload = *WorkloadName::parse("app"),
          .generation = {3},
          .node = *NodeName::parse("a"),
          .status = {.state = InstanceState::kRunning, .container = {"c1"}}};
}

TEST(InstanceEntry, NotesAStartWithItsPlaceAndContainer) {
  Instance starting = running();
  starting.status.state = InstanceState::kStarting;
  const auto entry = entry_of({.before = starting, .after = running()}, kNow);
  EXPECT_EQ(entry, (HistoryEntry{.workload = *WorkloadName::parse("app"),
                                 .instance = InstanceId{"app-1"},
                                 .at = kNow,
                                 .condition = Condition::kRunning,
                                 .node = *NodeName::parse("a"),
                                 .container = {"c1"},
                                 .generation = {3}}));
}

TEST(InstanceEntry, NotesARestartThatIsOverBeforeItIsReported) {
  Instance again = running();
  again.status.container = {"c2"};
  again.status.last_exit = ContainerExit{.code = 1};
  const auto entry = entry_of({.before = running(), .after = again}, kNow);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->container, ContainerId{"c2"});
  EXPECT_THAT(entry->cause, testing::HasSubstr("exit code 1"));
}

TEST(InstanceEntry, NotesNoOtherWordsForTheSameCondition) {
  Instance ill = running();
  ill.status.health = Health::kDegraded;
  ill.status.health_reason = "probe 'readiness' failed 3 times";
  Instance as_ill = ill;
  as_ill.status.health_reason = "probe 'readiness' failed 4 times";
  EXPECT_EQ(entry_of({.before = ill, .after = as_ill}, kNow), std::nullopt);
  const auto entry = entry_of({.before = running(), .after = ill}, kNow);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->condition, Condition::kDegraded);
  EXPECT_EQ(entry->cause, "probe 'readiness' failed 3 times");
}

TEST(InstanceEntry, NotesThatAnInstanceIsGone) {
  const auto entry = entry_of({.before = running(), .after = std::nullopt}, kNow);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->condition, Condition::kGone);
}

TEST(InstanceEntry, BoundsTheWordsOfOthers) {
  Instance failed = running();
  failed.status.state = InstanceState::kFailed;
  failed.status.reason = std::string(10'000, 'x');
  const auto entry = entry_of({.before = running(), .after = failed}, kNow);
  ASSERT_TRUE(entry.has_value());
  EXPECT_EQ(entry->cause.size(), kHistoryCauseBytesMax);
}

}  // namespace
}  // namespace hearth::core
