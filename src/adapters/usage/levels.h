#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/usage/program.h"

/// Shared by the scripts for the three shells (completion.h).
namespace hearth::usage {

struct NextWord {
  std::string_view word;
  std::string_view summary;
};

/// A place in a command line with its own set of next words: after the program's name, the name of
/// a group, or that of a command.
struct Level {
  std::string name;  ///< "", "node", "node list".
  std::vector<NextWord> words;
  const CommandDescription* command = nullptr;  ///< nullptr for a group.
};

std::vector<Level> levels_of(const Program& program);

/// The names of all levels except the first, each in single quotes, separated by `separator`.
std::string quoted_names(const std::vector<Level>& levels, std::string_view separator);

/// "_hearth_agent": a name that is valid for a function in every shell.
std::string function_name(const Program& program);

std::string bash_completion(const std::vector<Program>& programs);
std::string zsh_completion(const std::vector<Program>& programs);
std::string fish_completion(const std::vector<Program>& programs);

}  // namespace hearth::usage
