#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace hearth::cli {

/// Reads the `given` command line (without the program's name), runs the command it names, and
/// tells errors. Returns the process's exit code.
int run_command_line(const std::vector<std::string>& given, CommandList commands, Session& session);

/// What `hearth NAME --help` prints; of an empty name what `hearth --help` does.
std::string help_of(std::string_view name, const CommandList& commands);

}  // namespace hearth::cli
