#pragma once

#include <filesystem>
#include <optional>

#include "wire/json_reader.h"

namespace hearth::config {

/// Reads a path; a relative one starts from the folder that the file with it is in, so that the
/// file means the same wherever the program was started.
struct PathReader {
  std::filesystem::path folder;

  std::optional<std::filesystem::path> operator()(const JsonValue& value) const;
};

}  // namespace hearth::config
