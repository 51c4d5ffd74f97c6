#pragma once

#include <cstdint>
#include <string>

#include "model/ids.h"

namespace hearth {

/// Something that an agent noticed about an instance and that operators should know: a log rule
/// fired, a probe failed for good, a use nears its limit.
///
/// Reports carry the latest kIncidentsKept of a node. Their numbers count up within an incarnation,
/// so that a manager reports each of them once.
struct Incident {
  std::uint64_t number = 0;  ///< From 1.
  InstanceId instance;
  std::string message;  ///< One sentence, without the instance.
  bool operator==(const Incident&) const = default;
};
inline constexpr std::size_t kIncidentsKept = 16;

}  // namespace hearth
