#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/usage/program.h"
#include "base/result.h"

namespace hearth::usage {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };
/// The names that parse_shell() accepts, in the form of Text::completes.
inline constexpr std::string_view kShells = "bash zsh fish";
Result<Shell> parse_shell(std::string_view text);

/// A script that teaches the shell to complete the arguments of the programs. It depends on nothing
/// but the shell, neither on Hearth nor on a manager, so it does not offer what only a manager
/// knows (the names of nodes).
std::string completion_of(Shell shell, const std::vector<Program>& programs);

}  // namespace hearth::usage
