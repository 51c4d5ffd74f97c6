#include "adapters/usage/completion.h"

#include <algorithm>
#include <array>

#include "adapters/usage/levels.h"
#include "base/check.h"

namespace hearth::usage {
namespace {

/// The summary for a word: that of its command, or of a group's first command.
std::string_view summary_of(const Program& program, const std::string& name) {
  if (const CommandDescription* const command = find_command(program, name)) {
    return command->text.summary;
  }
  return "a group of commands";
}

Level level_at(const Program& program, std::string name) {
  Level level{.name = std::move(name), .words = {}};
  level.command = find_command(program, level.name);
  for (const std::string_view word : words_within(level.name, program)) {
    const std::string full =
        level.name.empty() ? std::string(word) : level.name + " " + std::string(word);
    level.words.push_back({word, summary_of(program, full)});
  }
  return level;
}

}  // namespace

Result<Shell> parse_shell(std::string_view text) {
  if (text == "bash") return Shell::kBash;
  if (text == "zsh") return Shell::kZsh;
  if (text == "fish") return Shell::kFish;
  return fail(ErrorCode::kInvalidArgument, "must be one of: bash, zsh, fish");
}

std::vector<Level> levels_of(const Program& program) {
  std::vector<Level> levels{level_at(program, "")};
  for (std::size_t i = 0; i < levels.size(); ++i) {
    // By value: the vector grows.
    const std::string name = levels[i].name;
    const std::vector<NextWord> words = levels[i].words;
    for (const NextWord& next : words) {
      levels.push_back(level_at(
          program, name.empty() ? std::string(next.word) : name + " " + std::string(next.word)));
    }
  }
  return levels;
}

std::string quoted_names(const std::vector<Level>& levels, std::string_view separator) {
  std::string out;
  for (const Level& level : levels) {
    if (level.name.empty()) continue;
    if (!out.empty()) out += separator;
    out += "'" + level.name + "'";
  }
  return out;
}

std::string function_name(const Program& program) {
  std::string name = "_" + std::string(program.name);
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

std::string completion_of(Shell shell, const std::vector<Program>& programs) {
  switch (shell) {
    case Shell::kBash: return bash_completion(programs);
    case Shell::kZsh: return zsh_completion(programs);
    case Shell::kFish: return fish_completion(programs);
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::usage
