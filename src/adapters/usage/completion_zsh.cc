#include <fmt/format.h>

#include "adapters/usage/levels.h"
#include "adapters/usage/synopsis.h"

namespace hearth::usage {
namespace {

using Declared = Arguments::Declared;
using Kind = Arguments::Kind;

/// {0}: all programs.
constexpr std::string_view kHead = R"(#compdef {0}
# Completion of Hearth's programs for zsh: source <(hearth completion zsh), or as a file _hearth in $fpath
)";

/// {0}: the function, {1}: a pattern of all commands and groups, {2}: the next words of each.
constexpr std::string_view kFunction = R"(
{0}() {{
  local command=''
  integer at=2
  [[ ${{words[2]}} == help ]] && (( CURRENT > 2 )) && at=3
  while (( at < CURRENT )); do
    case "${{command:+$command }}${{words[at]}}" in
      ({1}) command="${{command:+$command }}${{words[at]}}" ;;
      (*) break ;;
    esac
    (( at++ ))
  done
  shift $(( at - 2 )) words
  (( CURRENT -= at - 2 ))
  local -a commands
  case $command in
{2}  esac
}}
)";

/// {0}: "compdef _hearth hearth", one per line.
constexpr std::string_view kEnd = R"(
if [[ ${{funcstack[1]}} == _hearth ]]; then  # A file in $fpath, at its first use.
  _${{service//-/_}} "$@"
else
{0}fi
)";

/// Escapes text for single quotes within a specification, where colons and brackets are special.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
      out += c;
    }
  }
  return out;
}

std::string action_of(std::string_view completes) {
  if (completes.empty()) return " ";
  if (completes == kFiles) return "_files";
  if (completes == kFolders) return "_files -/";
  return fmt::format("({})", completes);
}

/// A specification of _arguments (zshcompsys(1)).
std::string specification(const Declared& argument) {
  const Arguments::Text& text = argument.text;
  if (argument.kind == Kind::kPositional) {
    return fmt::format("'{}{}:{}'", argument.need == Arguments::Need::kRequired ? ":" : "::",
                       escaped(text.placeholder), action_of(text.completes));
  }
  const bool is_flag = argument.kind == Kind::kFlag;
  const std::string value =
      is_flag ? "" : fmt::format(":{}:{}", escaped(text.placeholder), action_of(text.completes));
  const OptionNames names = names_of(text);
  const std::string again = argument.kind == Kind::kList ? "*" : "";
  if (names.short_name.empty() || names.long_name.empty()) {
    return fmt::format("'{}{}{}[{}]{}'", again, text.names, is_flag ? "" : "=", escaped(text.help),
                       value);
  }
  return fmt::format("'({0} {1})'{{{0}{2},{1}{3}}}'[{4}]{5}'", names.short_name, names.long_name,
                     is_flag ? "" : "+", is_flag ? "" : "=", escaped(text.help), value);
}

std::string case_of(const Level& level) {
  std::string out = fmt::format("    ('{}')\n", level.name);
  if (!level.words.empty()) {
    out += "      commands=(";
    for (const NextWord& next : level.words) {
      out += fmt::format("'{}:{}' ", next.word, escaped(next.summary));
    }
    out += ")\n      (( CURRENT == 2 )) && _describe -t commands command commands\n";
  }
  out += "      _arguments -s";
  if (level.command != nullptr) {
    for (const Declared& argument : level.command->arguments.declared()) {
      out += " \\\n        " + specification(argument);
    }
  }
  out += fmt::format(" \\\n        '(- *)'{{-h,--help}}'[{}]'", kHelpOfHelp);
  if (level.name.empty()) out += fmt::format(" \\\n        '(- *)--version[{}]'", kHelpOfVersion);
  return out + " ;;\n";
}

}  // namespace

std::string zsh_completion(const std::vector<Program>& programs) {
  std::string all;
  std::string functions;
  std::string registrations;
  for (const Program& program : programs) {
    const std::vector<Level> levels = levels_of(program);
    std::string cases;
    for (const Level& level : levels) cases += case_of(level);
    const std::string names = quoted_names(levels, "|");
    functions +=
        fmt::format(kFunction, function_name(program), names.empty() ? "''" : names, cases);
    all += fmt::format("{}{}", all.empty() ? "" : " ", program.name);
    registrations += fmt::format("  compdef {} {}\n", function_name(program), program.name);
  }
  return fmt::format(kHead, all) + functions + fmt::format(kEnd, registrations);
}

}  // namespace hearth::usage
