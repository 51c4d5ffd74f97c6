#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "adapters/usage/program.h"

/// What the scripts for the three shells have in common (completion.h).
namespace hearth::usage {

struct NextWord {
  std::string_view word;
  std::string_view summary;
};

/// A place in a command line behind which something else may follow than elsewhere: behind the
/// program's name, behind that of a group, of a command.
struct Level {
  std::string name;  ///< "", "node", "node list".
  std::vector<NextWord> words;
  const CommandDescription* command = nullptr;  ///< nullptr for a mere group.
};

std::vector<Level> levels_of(const Program& program);

/// The names of all levels but the first, each in single quotes, with `separator` between them.
std::string quoted_names(const std::vector<Level>& levels, std::string_view separator);

/// "_hearth_agent": a name that every shell takes for a function.
std::string function_name(const Program& program);

std::string bash_completion(const std::vector<Program>& programs);
std::string zsh_completion(const std::vector<Program>& programs);
std::string fish_completion(const std::vector<Program>& programs);

}  // namespace hearth::usage
