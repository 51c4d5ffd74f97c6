#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// What the kernel's files under /proc say, as text. Pure. Text that is not what it should be gives
/// nullopt: "not told".
namespace hearth::host {

/// Ticks that all cores spent since the kernel started.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
  bool operator==(const CpuTimes&) const = default;
};

struct MemoryAmounts {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< Without swapping, as the kernel estimates.
  bool operator==(const MemoryAmounts&) const = default;
};

/// The first line of /proc/stat. Busy is all but idle and waiting for I/O; time that a hypervisor
/// took away counts as busy, since nobody here can have it.
std::optional<CpuTimes> parse_cpu_times(std::string_view stat);

/// Busy thousandths between two readings; nullopt if no time passed.
std::optional<std::uint16_t> cpu_use(const CpuTimes& before, const CpuTimes& after);

/// /proc/meminfo.
std::optional<MemoryAmounts> parse_memory(std::string_view meminfo);

/// Used thousandths, of amounts that parse_memory() read.
std::uint16_t memory_use(const MemoryAmounts& memory);

/// Thousandths of time in which some task stalled, averaged over 10 s: the "some" line of a file
/// under /proc/pressure.
std::optional<std::uint16_t> parse_stall(std::string_view pressure);

}  // namespace hearth::host
