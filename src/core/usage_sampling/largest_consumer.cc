#include "core/usage_sampling/largest_consumer.h"

#include "base/check.h"

namespace hearth::core {
namespace {

std::uint64_t used(const InstanceUsage& usage, SharedResource of) {
  switch (of) {
    case SharedResource::kCpu: return usage.cpu_permille.value_or(0);
    case SharedResource::kMemory: return usage.memory_bytes.value_or(0);
  }
  HEARTH_CHECK(false);
}

std::uint64_t all(const Resources& capacity, SharedResource of) {
  switch (of) {
    case SharedResource::kCpu: return capacity.cpu_millis;
    case SharedResource::kMemory: return capacity.memory_bytes;
  }
  HEARTH_CHECK(false);
}

}  // namespace

std::optional<InstanceId> largest_consumer(const std::map<InstanceId, InstanceUsage>& usage,
                                           SharedResource of, const Resources& capacity) {
  std::optional<InstanceId> largest;
  std::uint64_t most = 0;
  for (const auto& [id, one] : usage) {
    if (used(one, of) <= most) continue;
    most = used(one, of);
    largest = id;
  }
  return most >= all(capacity, of) / 1000 * kLargeShare ? largest : std::nullopt;
}

}  // namespace hearth::core
