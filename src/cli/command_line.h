#pragma once

#include <string>
#include <vector>

#include "adapters/usage/program.h"
#include "cli/command.h"

namespace hearth::cli {

/// Reads the `given` command line (without the program's name), runs the command it names, and
/// reports errors. Returns the process's exit code: a failure if the output, help included, cannot
/// be written.
int run_command_line(const std::vector<std::string>& given, CommandList commands, Session& session);

/// The program `hearth` with these commands. Reading arguments into it fills the commands, which
/// must outlive it.
usage::Program describe(const CommandList& commands);

}  // namespace hearth::cli
