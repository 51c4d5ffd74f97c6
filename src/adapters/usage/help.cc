#include "adapters/usage/help.h"

#include <algorithm>
#include <vector>

#include <fmt/format.h>

#include "adapters/usage/synopsis.h"
#include "base/columns.h"

namespace hearth::usage {
namespace {

constexpr std::string_view kEveryCommand = "Every command has a --help with examples.";

struct Row {
  std::string left;
  std::string_view right;
};

std::string rows(const std::vector<Row>& rows) {
  std::size_t width = 0;
  for (const Row& row : rows) width = std::max(width, columns_of(row.left));
  std::string out;
  for (const Row& row : rows) {
    const std::string blank(width - columns_of(row.left), ' ');
    out += row.right.empty() ? fmt::format("  {}\n", row.left)
                             : fmt::format("  {}{}  {}\n", row.left, blank, row.right);
  }
  return out;
}

/// "-f, --follow", "    --tail N".
std::string option_spelling(const Arguments::Text& text) {
  const OptionNames names = names_of(text);
  const std::string both = names.short_name.empty() ? fmt::format("    {}", names.long_name)
                           : names.long_name.empty()
                               ? std::string(names.short_name)
                               : fmt::format("{}, {}", names.short_name, names.long_name);
  return text.placeholder.empty() ? both : fmt::format("{} {}", both, text.placeholder);
}

std::string arguments_of(const Program& program, const CommandDescription& command) {
  std::vector<Row> positionals;
  std::vector<Row> options;
  for (const Arguments::Declared& argument : command.arguments.declared()) {
    if (argument.kind == Arguments::Kind::kPositional) {
      positionals.push_back({std::string(argument.text.placeholder), argument.text.help});
    } else {
      options.push_back({option_spelling(argument.text), argument.text.help});
    }
  }
  options.push_back({"-h, --help", kHelpOfHelp});
  if (!program.has_commands()) options.push_back({"    --version", kHelpOfVersion});
  return (positionals.empty() ? "" : "\nArguments:\n" + rows(positionals)) + "\nOptions:\n" +
         rows(options);
}

std::string help_of_command(const Program& program, const CommandDescription& command) {
  const CommandText& text = command.text;
  std::string out = fmt::format("Usage: {}\n\n{}\n", synopsis_of(program, command), text.summary);
  if (!text.details.empty()) out += fmt::format("{}\n", text.details);
  out += arguments_of(program, command);
  std::vector<Row> examples;
  for (const Example& example : text.examples) {
    examples.push_back({std::string(example.line), example.what});
  }
  return out + "\nExamples:\n" + rows(examples);
}

std::string commands_within(std::string_view group, const Program& program) {
  std::vector<Row> found;
  for (const CommandDescription& command : program.commands) {
    const CommandText& text = command.text;
    if (text.audience == CommandText::Audience::kPrograms) continue;
    if (group.empty() || text.name.starts_with(std::string(group) + " ")) {
      found.push_back({std::string(text.name), text.summary});
    }
  }
  return fmt::format("Commands:\n{}\n{}\n", rows(found), kEveryCommand);
}

std::string sections_of(const Program& program) {
  std::string out;
  for (const Section& section : program.sections) {
    out += fmt::format("\n{}:\n", section.title);
    std::string_view left = section.text;
    while (!left.empty()) {
      const std::size_t end = std::min(left.find('\n'), left.size());
      out += fmt::format("  {}\n", left.substr(0, end));
      left.remove_prefix(std::min(end + 1, left.size()));
    }
  }
  return out;
}

}  // namespace

std::string help_of(const Program& program, std::string_view command) {
  if (!program.has_commands()) {
    return help_of_command(program, program.commands[0]) + sections_of(program);
  }
  if (const CommandDescription* const found = find_command(program, command)) {
    return help_of_command(program, *found);
  }
  if (!command.empty()) {
    return fmt::format("Usage: {} {} COMMAND [ARGUMENT…]\n\n{}", program.name, command,
                       commands_within(command, program));
  }
  return fmt::format("Usage: {} COMMAND [ARGUMENT…]\n\n{}\n\n{}", program.name, program.summary,
                     commands_within("", program)) +
         sections_of(program);
}

}  // namespace hearth::usage
