#pragma once

#include <string>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth::usage {

/// What `--help` of the command, of a group of commands, or (empty) of the program prints. Whole
/// lines.
std::string help_of(const Program& program, std::string_view command);

}  // namespace hearth::usage
