#pragma once

#include <string>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth::usage {

/// The output of `--help` for a command, for a group of commands, or (empty) for the program. Whole
/// lines.
std::string help_of(const Program& program, std::string_view command);

}  // namespace hearth::usage
