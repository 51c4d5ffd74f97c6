#pragma once

#include <filesystem>
#include <optional>

#include "wire/json_reader.h"

namespace hearth::config {

/// Reads a path. A relative path starts from the folder of the file that contains it, so that the
/// file means the same wherever the program is started.
struct PathReader {
  std::filesystem::path folder;

  std::optional<std::filesystem::path> operator()(const JsonValue& value) const;
};

}  // namespace hearth::config
