#include "adapters/usage/synopsis.h"

#include <fmt/format.h>

namespace hearth::usage {

std::string synopsis_of(const Program& program, const CommandDescription& command) {
  std::string line(program.name);
  if (!command.text.name.empty()) line += fmt::format(" {}", command.text.name);
  bool has_options = !program.has_commands();  // --version
  for (const Arguments::Declared& argument : command.arguments.declared()) {
    const bool required = argument.need == Arguments::Need::kRequired;
    if (argument.kind == Arguments::Kind::kPositional) {
      line += required ? fmt::format(" {}", argument.text.placeholder)
                       : fmt::format(" [{}]", argument.text.placeholder);
    } else if (required) {
      line += fmt::format(" {} {}", argument.text.names, argument.text.placeholder);
    } else {
      has_options = true;
    }
  }
  return has_options ? line + " [OPTION…]" : line;
}

}  // namespace hearth::usage
