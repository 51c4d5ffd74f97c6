#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/ids.h"

namespace hearth {

inline constexpr std::size_t kCliConfigBytesMax = 64 * 1024;

/// The command line tool's settings in `~/.config/hearth/config.json`; flags and the environment
/// override them.
struct CliConfig {
  std::optional<Endpoint> manager;
  std::optional<std::string> token;
  std::optional<std::filesystem::path> token_file;  ///< Never together with `token`.
  bool operator==(const CliConfig&) const = default;
};

/// Relative paths in `text` start from `folder`. kInvalidArgument lists every fault, one per line.
Result<CliConfig> parse_cli_config(std::string_view text, const std::filesystem::path& folder);

/// The same from a file; a missing file is an empty configuration. kUnauthorized if it holds a
/// token that users other than its owner can read.
Result<CliConfig> load_cli_config(const std::filesystem::path& file);

}  // namespace hearth
