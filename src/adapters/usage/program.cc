#include "adapters/usage/program.h"

#include <algorithm>

namespace hearth::usage {

const CommandDescription* find_command(const Program& program, std::string_view name) {
  const auto found =
      std::find_if(program.commands.begin(), program.commands.end(),
                   [&](const CommandDescription& one) { return one.text.name == name; });
  return found == program.commands.end() ? nullptr : &*found;
}

std::string name_in(const std::vector<std::string>& words, const Program& program) {
  std::string name;
  for (const std::string& word : words) {
    const std::string longer = name.empty() ? word : name + " " + word;
    const bool known = std::any_of(program.commands.begin(), program.commands.end(),
                                   [&](const CommandDescription& command) {
                                     const std::string_view full = command.text.name;
                                     return full == longer || full.starts_with(longer + " ");
                                   });
    if (!known) break;
    name = longer;
  }
  return name;
}

std::vector<std::string_view> words_within(std::string_view group, const Program& program) {
  std::vector<std::string_view> words;
  for (const CommandDescription& command : program.commands) {
    std::string_view name = command.text.name;
    if (command.text.audience == CommandText::Audience::kPrograms) continue;
    if (!group.empty()) {
      if (!name.starts_with(std::string(group) + " ")) continue;
      name.remove_prefix(group.size() + 1);
    }
    const std::string_view word = name.substr(0, name.find(' '));
    if (!word.empty() && std::find(words.begin(), words.end(), word) == words.end()) {
      words.push_back(word);
    }
  }
  return words;
}

}  // namespace hearth::usage
