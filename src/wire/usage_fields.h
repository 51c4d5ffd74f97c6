#pragma once

#include "model/instance_usage.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

namespace hearth::wire {

/// What an instance uses, as one object, in heartbeats and in the API. What is not known is absent.
InstanceUsage read_usage(JsonObject in);
void write_usage(JsonWriter& out, const InstanceUsage& usage);

}  // namespace hearth::wire
