#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "adapters/usage/arguments.h"
#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"

namespace hearth::cli {

enum class OutputFormat : std::uint8_t { kText, kJson };

/// Options of every command that talks to a manager.
struct ConnectionArguments {
  std::optional<Endpoint> manager;
  std::optional<std::filesystem::path> token_file;
};

using usage::Arguments;

/// --manager and --token-file.
void declare_connection(Arguments& arguments, ConnectionArguments& into);
/// -o, --output.
void declare_output(Arguments& arguments, OutputFormat& into);

/// "10m" (before `now`), or "2026-03-01T09:00:00Z": a value of --since, which the error names.
Result<WallTime> parse_since(std::string_view text, WallTime now);

}  // namespace hearth::cli
