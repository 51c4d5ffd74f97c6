#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hearth {

/// What an instance used when its container was last sampled, for people to see. Absent: not known;
/// of a limit also: none.
struct InstanceUsage {
  std::optional<std::uint32_t>
      cpu_permille;  ///< Of one core, since the sample before: 1000 is one.
  std::optional<std::uint64_t> memory_bytes;  ///< The working set, as in ContainerUsage.
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<std::uint64_t> processes;  ///< And their threads.
  std::optional<std::uint64_t> processes_max;
  std::optional<std::uint64_t> open_files;  ///< Of the main process alone.
  std::optional<std::uint64_t> open_files_max;
  /// When its memory reaches its limit if it goes on growing as it does. Absent: it does not grow.
  std::optional<Duration> memory_full_in;
  bool operator==(const InstanceUsage&) const = default;
};

}  // namespace hearth
