#pragma once

#include <chrono>
#include <cstddef>
#include <optional>

#include "model/instance_spec.h"
#include "model/workload.h"
#include "wire/json_writer.h"
#include "wire/spec_reading.h"

namespace hearth {

/// Bounds of the deadlines of a roll-out in a request.
inline constexpr Duration kMinReadyMax = std::chrono::hours(1);
inline constexpr Duration kDeadlineMax = std::chrono::hours(24);
/// Of the container to adopt.
inline constexpr std::size_t kContainerNameBytesMax = 255;

}  // namespace hearth

namespace hearth::wire {

/// What the object of a workload says about its instances.
struct InstanceFields {
  InstanceSpec spec;
  Duration placement_deadline = std::chrono::minutes(1);  ///< Concerns the manager alone.
};

/// Reads the fields that a node needs from the object of a workload or of an assigned instance.
/// What depends on another workload is its caller's.
InstanceFields read_instance_fields(JsonObject& in, WorkloadKind kind, const SpecReading& reading);

/// Writes the fields into the open object.
void write_instance_spec(JsonWriter& out, const InstanceSpec& spec,
                         const std::optional<Duration>& placement_deadline = std::nullopt);

}  // namespace hearth::wire
