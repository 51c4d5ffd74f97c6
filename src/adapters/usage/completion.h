#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/usage/program.h"
#include "base/result.h"

namespace hearth::usage {

enum class Shell : std::uint8_t { kBash, kZsh, kFish };
/// The names that parse_shell() takes, as Text::completes has them.
inline constexpr std::string_view kShells = "bash zsh fish";
Result<Shell> parse_shell(std::string_view text);

/// A script that teaches the shell what may stand behind each of the programs' names. It needs
/// nothing beside the shell: not Hearth itself, nor a manager, so what only a manager knows (the
/// names of nodes) it does not offer.
std::string completion_of(Shell shell, const std::vector<Program>& programs);

}  // namespace hearth::usage
