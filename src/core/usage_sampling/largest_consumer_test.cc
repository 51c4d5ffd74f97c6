#include "core/usage_sampling/largest_consumer.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

constexpr Resources kNode{.cpu_millis = 2000, .memory_bytes = 8};

TEST(LargestConsumer, IsKnownOfEachResource) {
  const InstanceId a{"a-1"};
  const InstanceId b{"b-1"};
  const std::map<InstanceId, InstanceUsage> usage{{a, {.cpu_permille = 900, .memory_bytes = 1}},
                                                  {b, {.cpu_permille = 100, .memory_bytes = 2}}};
  EXPECT_EQ(largest_consumer(usage, SharedResource::kCpu, kNode), a);
  EXPECT_EQ(largest_consumer(usage, SharedResource::kMemory, kNode), b);
}

TEST(LargestConsumer, OfEqualOnesIsTheFirst) {
  const std::map<InstanceId, InstanceUsage> usage{{InstanceId{"a-1"}, {.memory_bytes = 7}},
                                                  {InstanceId{"b-1"}, {.memory_bytes = 7}}};
  EXPECT_EQ(largest_consumer(usage, SharedResource::kMemory, kNode), InstanceId{"a-1"});
}

// A backup that starves a machine is not the doing of the one service that it runs.
TEST(LargestConsumer, IsNobodyIfEvenTheLargestShareIsSmall) {
  const auto use = [](std::uint32_t cpu_permille) {
    return std::map<InstanceId, InstanceUsage>{{InstanceId{"a-1"}, {.cpu_permille = cpu_permille}}};
  };
  EXPECT_EQ(largest_consumer(use(499), SharedResource::kCpu, kNode), std::nullopt);
  EXPECT_EQ(largest_consumer(use(500), SharedResource::kCpu, kNode), InstanceId{"a-1"});
  EXPECT_EQ(largest_consumer(use(1), SharedResource::kCpu, {}), InstanceId{"a-1"});
}

TEST(LargestConsumer, IsNobodyIfNothingIsKnownOrUsed) {
  EXPECT_EQ(largest_consumer({}, SharedResource::kCpu, kNode), std::nullopt);
  EXPECT_EQ(largest_consumer({{InstanceId{"a-1"}, {.cpu_permille = 0}}, {InstanceId{"b-1"}, {}}},
                             SharedResource::kCpu, {}),
            std::nullopt);
}

}  // namespace
}  // namespace hearth::core
