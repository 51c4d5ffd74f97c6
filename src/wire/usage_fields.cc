#include "wire/usage_fields.h"

#include <algorithm>
#include <chrono>
#include <cstdint>

namespace hearth::wire {
namespace {

/// A year: what is further away is as good as never.
constexpr std::uint32_t kFullInMax = 365 * 24 * 3600;

}  // namespace

InstanceUsage read_usage(JsonObject in) {
  InstanceUsage usage{
      .cpu_permille = in.optional("cpu_permille").number<std::uint32_t>(),
      .memory_bytes = in.optional("memory_bytes").number<std::uint64_t>(),
      .memory_limit_bytes = in.optional("memory_limit_bytes").number<std::uint64_t>(),
      .processes = in.optional("processes").number<std::uint64_t>(),
      .processes_max = in.optional("processes_max").number<std::uint64_t>(),
      .open_files = in.optional("open_files").number<std::uint64_t>(),
      .open_files_max = in.optional("open_files_max").number<std::uint64_t>()};
  if (const auto seconds = in.optional("memory_full_in_s").number<std::uint32_t>(0, kFullInMax))
    usage.memory_full_in = std::chrono::seconds(*seconds);
  return usage;
}

void write_usage(JsonWriter& out, const InstanceUsage& usage) {
  out.begin_object()
      .field_if_known("cpu_permille", usage.cpu_permille)
      .field_if_known("memory_bytes", usage.memory_bytes)
      .field_if_known("memory_limit_bytes", usage.memory_limit_bytes)
      .field_if_known("processes", usage.processes)
      .field_if_known("processes_max", usage.processes_max)
      .field_if_known("open_files", usage.open_files)
      .field_if_known("open_files_max", usage.open_files_max);
  if (usage.memory_full_in) {
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(*usage.memory_full_in);
    out.field("memory_full_in_s",
              static_cast<std::uint32_t>(std::clamp<std::int64_t>(seconds.count(), 0, kFullInMax)));
  }
  out.end_object();
}

}  // namespace hearth::wire
