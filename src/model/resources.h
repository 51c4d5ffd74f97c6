#pragma once

#include <compare>
#include <cstdint>
#include <optional>

namespace hearth {

/// An amount of a machine: what it has, or what a container reserves and can use at most. Zero
/// means "unknown" for a machine and "no reservation, no limit" for a container.
struct Resources {
  std::uint32_t cpu_millis = 0;  ///< Thousandths of a core.
  std::uint64_t memory_bytes = 0;
  auto operator<=>(const Resources&) const = default;
};

/// How busy a machine is, each in thousandths (0..1000). Absent: not reported.
struct Load {
  std::optional<std::uint16_t> cpu;
  std::optional<std::uint16_t> memory;
  std::optional<std::uint16_t> disk;          ///< Fullest of the file systems that the agent uses.
  std::optional<std::uint16_t> cpu_stall;     ///< PSI "some", average over 10 s.
  std::optional<std::uint16_t> memory_stall;  ///< As above.
  std::optional<std::uint16_t> io_stall;      ///< As above.
  bool operator==(const Load&) const = default;
};

}  // namespace hearth
