#pragma once

#include <optional>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth {

/// Reads the command line of a program without commands. nullopt: run the program. Otherwise its
/// exit code, after `--help` or `--version` was printed or an error was reported.
std::optional<int> read_command_line(const usage::Program& program, int argc, char** argv);

/// Whether everything written to standard output has arrived. If not, reports that on standard
/// error: the disk is full, or the system has another reason.
bool output_has_arrived(std::string_view program);

}  // namespace hearth
