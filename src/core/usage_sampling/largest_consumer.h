#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "model/ids.h"
#include "model/instance_usage.h"

namespace hearth::core {

/// What instances share on their node.
enum class SharedResource : std::uint8_t { kCpu, kMemory };

/// The instance that uses the most of it; of several, the first. nullopt: it is not known what
/// anybody uses, or nobody uses anything. A pure function.
std::optional<InstanceId> largest_consumer(const std::map<InstanceId, InstanceUsage>& usage,
                                           SharedResource of);

}  // namespace hearth::core
