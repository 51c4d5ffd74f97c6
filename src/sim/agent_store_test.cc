#include "sim/agent_store.h"

#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;

class SimAgentStoreTest : public testing::Test {
 protected:
  static Assignment assignment() {
    return {.node = *NodeName::parse("node1"),
            .number = {{1}, {2}},
            .heartbeat_interval = 500ms,
            .instances = {},
            .images = {},
            .builds = {}};
  }
  World world{1, {}};
  SimDisk disk{world, {.low = 1ms, .high = 8ms}};
  bool survives = true;
  SimAgentStore store{
      disk, {.on_save = [this] { return survives; }, .on_saved = [](const Assignment&) {}}};
};

TEST_F(SimAgentStoreTest, ReadsBackWhatWasSaved) {
  EXPECT_EQ(*store.load(), std::nullopt);
  ASSERT_TRUE(store.save(assignment()));
  EXPECT_EQ(*store.load(), assignment());
}

TEST_F(SimAgentStoreTest, ACrashBeforeASaveOrAFullDiskKeepsTheOldOne) {
  survives = false;
  EXPECT_FALSE(store.save(assignment()));
  survives = true;
  disk.set_full(true);
  EXPECT_EQ(store.save(assignment()).error().code, ErrorCode::kExhausted);
  EXPECT_FALSE(store.has_assignment());
}

TEST_F(SimAgentStoreTest, DetectsATornOrZeroedFile) {
  for (const auto damage : {SimAgentStore::Damage::kTorn, SimAgentStore::Damage::kZeros}) {
    ASSERT_TRUE(store.save(assignment()));
    store.damage_assignment(damage);
    EXPECT_EQ(store.load().error().code, ErrorCode::kCorrupt);
  }
}

TEST_F(SimAgentStoreTest, KeepsWhatIsKnownOfTheInstancesLikewise) {
  EXPECT_EQ(*store.load_memory(), WatchMemory{});
  const WatchMemory memory{
      .boot_id = "boot1", .saved_at = MonoTime(1h), .instances = {{InstanceId{"a"}, {}}}};
  ASSERT_TRUE(store.save_memory(memory));
  EXPECT_EQ(*store.load_memory(), memory);
  disk.set_full(true);
  EXPECT_EQ(store.save_memory({}).error().code, ErrorCode::kExhausted);
  EXPECT_EQ(*store.load_memory(), memory);
  store.damage_memory(SimAgentStore::Damage::kTorn);
  EXPECT_EQ(store.load_memory().error().code, ErrorCode::kCorrupt);
}

TEST_F(SimAgentStoreTest, CountsStartsWithinABootAndRestartsALostCount) {
  EXPECT_EQ(*store.count_start("boot1", 5), 5U);
  EXPECT_EQ(*store.count_start("boot1", 5), 6U);
  EXPECT_EQ(*store.count_start("boot2", 3), 3U);
  store.damage_start_count();
  EXPECT_EQ(*store.count_start("boot2", 9), 9U);
}

}  // namespace
}  // namespace hearth::sim
