#pragma once

#include <cstdint>
#include <map>
#include <optional>

#include "model/ids.h"
#include "model/instance_usage.h"
#include "model/resources.h"

namespace hearth::core {

/// What instances share on their node.
enum class SharedResource : std::uint8_t { kCpu, kMemory };

/// Whoever uses less than this share of the node (thousandths) is not what makes it short: then
/// that is something else on the machine.
inline constexpr std::uint32_t kLargeShare = 250;

/// The instance that uses the most of it, if that is a large share of what the node has
/// (`capacity`; 0: not known, then any share is large); of several, the first. nullopt: there is
/// none, or it is not known what anybody uses. A pure function.
std::optional<InstanceId> largest_consumer(const std::map<InstanceId, InstanceUsage>& usage,
                                           SharedResource of, const Resources& capacity);

}  // namespace hearth::core
