#include "core/usage_sampling/largest_consumer.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

TEST(LargestConsumer, IsKnownOfEachResource) {
  const InstanceId a{"a-1"};
  const InstanceId b{"b-1"};
  const std::map<InstanceId, InstanceUsage> usage{{a, {.cpu_permille = 900, .memory_bytes = 1}},
                                                  {b, {.cpu_permille = 100, .memory_bytes = 2}}};
  EXPECT_EQ(largest_consumer(usage, SharedResource::kCpu), a);
  EXPECT_EQ(largest_consumer(usage, SharedResource::kMemory), b);
}

TEST(LargestConsumer, OfEqualOnesIsTheFirst) {
  const std::map<InstanceId, InstanceUsage> usage{{InstanceId{"a-1"}, {.memory_bytes = 7}},
                                                  {InstanceId{"b-1"}, {.memory_bytes = 7}}};
  EXPECT_EQ(largest_consumer(usage, SharedResource::kMemory), InstanceId{"a-1"});
}

TEST(LargestConsumer, IsNobodyIfNothingIsKnownOrUsed) {
  EXPECT_EQ(largest_consumer({}, SharedResource::kCpu), std::nullopt);
  EXPECT_EQ(largest_consumer({{InstanceId{"a-1"}, {.cpu_permille = 0}}, {InstanceId{"b-1"}, {}}},
                             SharedResource::kCpu),
            std::nullopt);
}

}  // namespace
}  // namespace hearth::core
