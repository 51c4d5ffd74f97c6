#pragma once

#include <optional>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth {

/// Reads the command line of a program without commands. nullopt: it is to run. Else its exit code,
/// after `--help` or `--version` was printed, or what is wrong was told.
std::optional<int> read_command_line(const usage::Program& program, int argc, char** argv);

/// Whether all that was written to standard output has arrived. Otherwise says so on standard
/// error: a disk is full, or whatever else the system has against it.
bool output_has_arrived(std::string_view program);

}  // namespace hearth
