#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string_view>

#include "adapters/usage/arguments.h"
#include "base/result.h"
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

}  // namespace hearth::cli
