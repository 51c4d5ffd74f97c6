#pragma once

#include <cstdint>

#include "core/manager/manager.h"
#include "wire/json_writer.h"

namespace hearth {

/// The API's representation of what the manager knows (docs/reference/api.md). Each function writes
/// one object.

void write_node(JsonWriter& out, const core::Manager& manager, const Node& node,
                const Instant& now);
/// Of the instances of one workload.
struct InstanceCounts {
  std::uint64_t running = 0;
  std::uint64_t ready = 0;  ///< Of the target release.
};
void write_workload(JsonWriter& out, const core::Manager& manager, const Workload& workload,
                    const InstanceCounts& counts, MonoTime now);
void write_instance(JsonWriter& out, const core::Manager& manager, const Instance& instance,
                    const Instant& now);

}  // namespace hearth
