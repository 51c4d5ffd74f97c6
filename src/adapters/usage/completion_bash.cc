#include <fmt/format.h>

#include "adapters/usage/levels.h"

namespace hearth::usage {
namespace {

using Declared = Arguments::Declared;
using Kind = Arguments::Kind;

constexpr std::string_view kHead =
    R"(# Completion of Hearth's programs for bash: source <(hearth completion bash)

# Offers files (-f) or folders (-d), those with spaces in their names, too.
_hearth_paths() {
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <(compgen "$1" -- "$2")
}
)";

/// {0}: the function, {1}: a case pattern of all commands and groups, {2}: the next words of each.
constexpr std::string_view kFunction = R"(
{0}() {{
  local cur=${{COMP_WORDS[COMP_CWORD]}} prev=${{COMP_WORDS[COMP_CWORD-1]}} command='' words='' i=1
  # "--output=json" comes as three words.
  if [[ $cur == '=' ]]; then cur=''; elif [[ $prev == '=' ]]; then prev=${{COMP_WORDS[COMP_CWORD-2]}}; fi
  [[ ${{COMP_WORDS[1]}} == help && COMP_CWORD -gt 1 ]] && i=2
  for ((; i < COMP_CWORD; i++)); do
    case "${{command:+$command }}${{COMP_WORDS[i]}}" in
      {1}) command="${{command:+$command }}${{COMP_WORDS[i]}}" ;;
      *) break ;;
    esac
  done
  case $command in
{2}  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}}
)";

std::string offering(std::string_view completes) {
  if (completes.empty()) return "return";
  if (completes == kFiles) return "_hearth_paths -f \"$cur\"; return";
  if (completes == kFolders) return "_hearth_paths -d \"$cur\"; return";
  return fmt::format("words='{}'", completes);
}

/// "-o|--output".
std::string either_name(const Arguments::Text& text) {
  const OptionNames names = names_of(text);
  if (names.short_name.empty()) return std::string(names.long_name);
  if (names.long_name.empty()) return std::string(names.short_name);
  return fmt::format("{}|{}", names.short_name, names.long_name);
}

std::string options_of(const Program& program, const Level& level) {
  std::string out;
  if (level.command != nullptr) {
    for (const Declared& argument : level.command->arguments.declared()) {
      if (argument.kind == Kind::kPositional) continue;
      const OptionNames names = names_of(argument.text);
      out += fmt::format("{} ", names.long_name.empty() ? names.short_name : names.long_name);
    }
  }
  out += "--help";
  return level.name.empty() ? out + (program.has_commands() ? " --version help" : " --version")
                            : out;
}

/// The words to offer after neither an option that requires a value nor a '-': the next word of a
/// command's name, or the first positional.
std::string plain_words_of(const Level& level) {
  if (!level.words.empty()) {
    std::string words;
    for (const NextWord& next : level.words) words += fmt::format("{} ", next.word);
    return fmt::format("words=\"{}$words\"", words);
  }
  if (level.command != nullptr) {
    for (const Declared& argument : level.command->arguments.declared()) {
      if (argument.kind == Kind::kPositional) return offering(argument.text.completes);
    }
  }
  return ":";
}

std::string case_of(const Program& program, const Level& level) {
  std::string values;
  if (level.command != nullptr) {
    for (const Declared& argument : level.command->arguments.declared()) {
      if (argument.kind != Kind::kValue && argument.kind != Kind::kList) continue;
      values += fmt::format("        {}) {} ;;\n", either_name(argument.text),
                            offering(argument.text.completes));
    }
  }
  return fmt::format(
      "    '{}')\n      words='{}'\n      case $prev in\n{}        *) [[ $cur == -* ]] || {{ {}; "
      "}} "
      ";;\n      esac ;;\n",
      level.name, options_of(program, level), values, plain_words_of(level));
}

}  // namespace

std::string bash_completion(const std::vector<Program>& programs) {
  std::string out(kHead);
  for (const Program& program : programs) {
    const std::vector<Level> levels = levels_of(program);
    std::string cases;
    for (const Level& level : levels) cases += case_of(program, level);
    const std::string names = quoted_names(levels, "|");
    out += fmt::format(kFunction, function_name(program), names.empty() ? "''" : names, cases);
    out += fmt::format("complete -F {} {}\n", function_name(program), program.name);
  }
  return out;
}

}  // namespace hearth::usage
