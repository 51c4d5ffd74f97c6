#pragma once

#include <string>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth::usage {

/// Help texts of the options that every program has without declaring them.
inline constexpr std::string_view kHelpOfHelp = "print this help";
inline constexpr std::string_view kHelpOfVersion = "print the version";

/// "hearth deploy DIR --name NAME [OPTION…]": the required arguments, and whether there are more.
std::string synopsis_of(const Program& program, const CommandDescription& command);

}  // namespace hearth::usage
