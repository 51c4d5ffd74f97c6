#pragma once

#include <string>
#include <vector>

#include "adapters/usage/program.h"
#include "cli/command.h"

namespace hearth::cli {

/// Reads the `given` command line (without the program's name), runs the command it names, and
/// tells errors. Returns the process's exit code. What it prints, help included, has failed if it
/// cannot be written.
int run_command_line(const std::vector<std::string>& given, CommandList commands, Session& session);

/// The program `hearth` with these commands, which fill what they are told: it lives no longer than
/// they.
usage::Program describe(const CommandList& commands);

}  // namespace hearth::cli
