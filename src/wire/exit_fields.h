#pragma once

#include <cstdint>
#include <optional>

#include "model/instance.h"
#include "wire/json_reader.h"
#include "wire/json_writer.h"

/// How a container ended, as several payloads say it: shared by the codecs of this folder.
namespace hearth::wire {

/// Whether the last lines of the container's log are written, too.
enum class LastWords : std::uint8_t { kWritten, kLeftOut };

void write_exit(JsonWriter& out, const ContainerExit& exit, LastWords words);
std::optional<ContainerExit> read_exit(const JsonValue& value);

}  // namespace hearth::wire
