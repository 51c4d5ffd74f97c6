#pragma once

#include <cstdint>

#include "core/manager/manager.h"
#include "wire/json_writer.h"

namespace hearth {

/// How the API shows what the manager knows (docs/reference/api.md). Each writes one object.

void write_node(JsonWriter& out, const core::Manager& manager, const Node& node, MonoTime now);
/// `running`: how many of its instances run.
void write_workload(JsonWriter& out, const Workload& workload, std::uint64_t running);
void write_instance(JsonWriter& out, const core::Manager& manager, const Instance& instance);

}  // namespace hearth
