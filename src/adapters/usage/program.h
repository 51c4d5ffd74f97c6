#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/usage/arguments.h"

/// The command line of a program, described once. The description yields the parser (arguments.h),
/// `--help` (help.h), the man page (man_page.h), the shell completions (completion.h) and the
/// reference page (docs/reference/cli.md, checked by a test).
///
/// Not responsible for executing commands. Values only; nothing here prints.
namespace hearth::usage {

struct Example {
  std::string_view line;
  std::string_view what;
};

/// The description of a command, without its arguments. Literals: the views outlive everything.
struct CommandText {
  std::string_view name;     ///< With its group: "node list". Empty: the program itself.
  std::string_view summary;  ///< One line.
  std::string_view details;  ///< Whole lines, or empty.
  std::vector<Example> examples;
  /// Whether lists of commands show it. A command for programs still has its own help.
  enum class Audience : std::uint8_t { kPeople, kPrograms } audience = Audience::kPeople;
};

struct CommandDescription {
  CommandText text;
  Arguments arguments;
};

/// A part of the help about the program as a whole: "Exit codes".
struct Section {
  std::string_view title;
  std::string_view text;  ///< Whole lines of at most 78 columns.
};

struct Program {
  std::string_view name;     ///< "hearth".
  int man_section = 1;       ///< Of the manual: 1 for commands of users, 8 for daemons.
  std::string_view summary;  ///< One line.
  std::vector<Section> sections;
  /// In the order of the help. A program without commands has one with an empty name.
  std::vector<CommandDescription> commands;

  bool has_commands() const { return commands.size() != 1 || !commands[0].text.name.empty(); }
};

/// The command of this name; nullptr if there is none.
const CommandDescription* find_command(const Program& program, std::string_view name);

/// The longest command or group name at the start of `words`: "node list" of `node list -o json`.
std::string name_in(const std::vector<std::string>& words, const Program& program);

/// The possible next words after `group` (empty: after the program's name): from the names of its
/// commands, each once, in order.
std::vector<std::string_view> words_within(std::string_view group, const Program& program);

}  // namespace hearth::usage
