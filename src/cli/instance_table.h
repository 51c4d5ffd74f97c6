#pragma once

#include <vector>

#include "base/time.h"
#include "cli/client/api_views.h"
#include "cli/terminal/table.h"
#include "wire/json_writer.h"

namespace hearth::cli {

/// Node, state, health and latest exit of each instance.
Table instance_table(const std::vector<InstanceView>& instances, WallTime now);

/// What a command that deploys says of each in JSON, as a list.
void write_instances(JsonWriter& out, const std::vector<InstanceView>& instances);

/// The first 12 characters of a container's id, as Docker shows it.
std::string short_container(const InstanceView& instance);

}  // namespace hearth::cli
