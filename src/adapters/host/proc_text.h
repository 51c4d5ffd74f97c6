#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

/// Parsers of the kernel's files under /proc. Pure. Malformed text gives nullopt: not known.
namespace hearth::host {

/// Ticks spent by all cores since the kernel started.
struct CpuTimes {
  std::uint64_t busy = 0;
  std::uint64_t total = 0;
  bool operator==(const CpuTimes&) const = default;
};

struct MemoryAmounts {
  std::uint64_t total_bytes = 0;
  std::uint64_t available_bytes = 0;  ///< Without swapping, as estimated by the kernel.
  bool operator==(const MemoryAmounts&) const = default;
};

/// The first line of /proc/stat. Busy is everything except idle and waiting for I/O. Time stolen by
/// a hypervisor counts as busy, since it cannot be used here.
std::optional<CpuTimes> parse_cpu_times(std::string_view stat);

/// Busy time between two readings, in thousandths; nullopt if no time passed.
std::optional<std::uint16_t> cpu_use(const CpuTimes& before, const CpuTimes& after);

/// /proc/meminfo.
std::optional<MemoryAmounts> parse_memory(std::string_view meminfo);

/// Used memory, in thousandths, of amounts that parse_memory() read.
std::uint16_t memory_use(const MemoryAmounts& memory);

/// Which tasks stalled: a line of a file under /proc/pressure.
enum class StallOf : std::uint8_t { kSome, kAll };

/// Share of time in which they stalled, in thousandths, averaged over 10 s.
std::optional<std::uint16_t> parse_stall(std::string_view pressure, StallOf tasks = StallOf::kSome);

}  // namespace hearth::host
