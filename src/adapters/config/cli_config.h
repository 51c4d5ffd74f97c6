#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "base/result.h"
#include "model/ids.h"

namespace hearth {

inline constexpr std::size_t kCliConfigBytesMax = 64 * 1024;

/// What the command line tool is told by `~/.config/hearth/config.json`; flags and the environment
/// go before it.
struct CliConfig {
  std::optional<Endpoint> manager;
  std::optional<std::string> token;
  std::optional<std::filesystem::path> token_file;  ///< Never besides `token`.
  bool operator==(const CliConfig&) const = default;
};

/// Relative paths in `text` start from `folder`. kInvalidArgument lists every fault, one a line.
Result<CliConfig> parse_cli_config(std::string_view text, const std::filesystem::path& folder);

/// The same from a file; one that is not there says nothing. kUnauthorized if it holds a token and
/// others than its owner may read it.
Result<CliConfig> load_cli_config(const std::filesystem::path& file);

}  // namespace hearth
