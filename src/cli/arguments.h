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
/// "64M", "2G" (binary units, also "64MiB"; bytes without a unit): 6 MiB to 1 PiB, or 0.
Result<std::uint64_t> parse_memory(std::string_view text);
/// "0.5", "2": cores, returned in thousandths; 0.001 to 1000, or 0.
Result<std::uint32_t> parse_cpus(std::string_view text);

}  // namespace hearth::cli
