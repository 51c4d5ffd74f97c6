#pragma once

#include <cstdint>

#include "core/manager/manager.h"
#include "wire/json_writer.h"

namespace hearth {

/// The API's representation of what the manager knows (docs/reference/api.md). Each function writes
/// one object.

void write_node(JsonWriter& out, const core::Manager& manager, const Node& node, MonoTime now);
/// `running`: the number of its running instances.
void write_workload(JsonWriter& out, const Workload& workload, std::uint64_t running);
void write_instance(JsonWriter& out, const core::Manager& manager, const Instance& instance);

}  // namespace hearth
