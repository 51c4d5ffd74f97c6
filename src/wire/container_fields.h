#pragma once

#include "model/instance_spec.h"
#include "wire/json_writer.h"
#include "wire/spec_reading.h"

namespace hearth {

/// Bounds of a container's variables and processes in a request.
inline constexpr std::size_t kEnvironmentCountMax = 256;
inline constexpr std::size_t kEnvironmentNameBytesMax = 128;
inline constexpr std::size_t kEnvironmentBytesMax = 64 * 1024;  ///< Names and values together.
inline constexpr std::uint32_t kPidsMaxMax = 4'194'304;         ///< The kernel's limit.

}  // namespace hearth

namespace hearth::wire {

/// Reads the fields of a container from the object of its workload: environment, resources,
/// network, ports and devices.
ContainerSpec read_container(JsonObject& in, const SpecReading& reading);

/// Writes them into the open object.
void write_container(JsonWriter& out, const ContainerSpec& container);

}  // namespace hearth::wire
