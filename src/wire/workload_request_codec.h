#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/workload.h"

namespace hearth {

/// Bounds of a request for one workload. A larger value is a typing error, or not a workload.
inline constexpr std::size_t kWorkloadRequestBytesMax = 256 * 1024;
inline constexpr std::size_t kEnvironmentCountMax = 256;
inline constexpr std::size_t kEnvironmentNameBytesMax = 128;
inline constexpr std::size_t kEnvironmentBytesMax = 64 * 1024;  ///< Names and values together.
inline constexpr std::uint32_t kCpuMillisMax = 1'000'000;
inline constexpr std::uint64_t kMemoryBytesMin = 6ULL << 20;  ///< The least that Docker accepts.
inline constexpr std::uint64_t kMemoryBytesMax = 1ULL << 50;
inline constexpr std::uint32_t kPidsMaxMax = 4'194'304;  ///< The kernel's limit.

/// Decodes the body of `PUT /v1/workloads/{w}`. Only `bundle` is required; an unknown key is
/// refused, since it is most likely misspelt. kInvalidArgument lists every fault, one per line.
Result<WorkloadSpec> decode_workload_request(std::string_view text);

/// The body that requests `spec`.
std::string encode_workload_request(const WorkloadSpec& spec);

}  // namespace hearth
