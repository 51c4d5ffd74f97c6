#include <fmt/format.h>

#include "adapters/usage/levels.h"
#include "adapters/usage/synopsis.h"

namespace hearth::usage {
namespace {

using Declared = Arguments::Declared;
using Kind = Arguments::Kind;

constexpr std::string_view kHead =
    "# Completion of Hearth's programs for fish: hearth completion fish | source\n";

/// {0}: the function, {1}: all command and group names.
constexpr std::string_view kFunctions = R"fish(
function _{0}_command --description 'The command that is being typed'
  set -l found ''
  set -l words (commandline -opc)[2..-1]
  test "$words[1]" = help; and set -e words[1]
  for word in $words
    set -l longer (string trim -- "$found $word")
    contains -- $longer {1}; or break
    set found $longer
  end
  echo $found
end
function _{0}_at --description 'Whether it is this one'
  test "$(_{0}_command)" = "$argv"
end
)fish";

std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'' || c == '\\') out += '\\';
    out += c;
  }
  return out + "'";
}

/// The values of an option, or of a positional if `is_positional`.
std::string offering(std::string_view completes, bool is_positional) {
  const std::string_view exclusive = is_positional ? "" : " -x";
  if (completes.empty()) return std::string(exclusive);
  if (completes == kFiles) return is_positional ? " -F" : " -r -F";
  if (completes == kFolders) return fmt::format("{} -a '(__fish_complete_directories)'", exclusive);
  return fmt::format("{} -a '{}'", exclusive, completes);
}

std::string line_of(const std::string& begin, const Declared& argument) {
  const Arguments::Text& text = argument.text;
  if (argument.kind == Kind::kPositional) {
    return text.completes.empty() ? "" : begin + offering(text.completes, true) + "\n";
  }
  const OptionNames names = names_of(text);
  std::string line = begin;
  if (!names.short_name.empty()) line += fmt::format(" -s {}", names.short_name.substr(1));
  if (!names.long_name.empty()) line += fmt::format(" -l {}", names.long_name.substr(2));
  if (argument.kind != Kind::kFlag) line += offering(text.completes, false);
  return line + fmt::format(" -d {}\n", quoted(text.help));
}

std::string lines_of(const Program& program, const Level& level) {
  std::string begin = fmt::format("complete -c {}", program.name);
  if (program.has_commands()) {
    begin += fmt::format(" -n '_{}_at {}'", function_name(program), level.name);
  }
  std::string out;
  for (const NextWord& next : level.words) {
    out += fmt::format("{} -a {} -d {}\n", begin, next.word, quoted(next.summary));
  }
  if (level.command != nullptr) {
    for (const Declared& argument : level.command->arguments.declared()) {
      out += line_of(begin, argument);
    }
  }
  out += fmt::format("{} -s h -l help -d {}\n", begin, quoted(kHelpOfHelp));
  if (level.name.empty()) {
    out += fmt::format("{} -l version -d {}\n", begin, quoted(kHelpOfVersion));
  }
  return out;
}

}  // namespace

std::string fish_completion(const std::vector<Program>& programs) {
  std::string out(kHead);
  for (const Program& program : programs) {
    const std::vector<Level> levels = levels_of(program);
    if (program.has_commands()) {
      out += fmt::format(kFunctions, function_name(program), quoted_names(levels, " "));
    }
    out += fmt::format("\ncomplete -c {} -f\n", program.name);
    for (const Level& level : levels) out += lines_of(program, level);
  }
  return out;
}

}  // namespace hearth::usage
