#pragma once

#include <cstdint>
#include <string_view>

#include "base/result.h"

namespace hearth {

/// Bounds of what one instance can reserve.
inline constexpr std::uint32_t kCpuMillisMax = 1'000'000;
inline constexpr std::uint64_t kMemoryBytesMin = 6ULL << 20;  ///< The least that Docker accepts.
inline constexpr std::uint64_t kMemoryBytesMax = 1ULL << 50;

/// "64M", "2G": binary units of K, M, G or T, also written "64m", "64MB", "64Mi" or "64MiB"; bytes
/// without a unit. 6 MiB to 1 PiB, or 0.
Result<std::uint64_t> parse_memory_size(std::string_view text);

/// "0.5", "2": cores, returned in thousandths; 0.001 to 1000, or 0.
Result<std::uint32_t> parse_cpu_cores(std::string_view text);

/// The same from a number.
Result<std::uint32_t> cpu_millis_of(double cores);

}  // namespace hearth
