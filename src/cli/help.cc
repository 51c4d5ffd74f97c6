#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "cli/command_line.h"
#include "cli/terminal/terminal.h"

namespace hearth::cli {
namespace {

constexpr std::string_view kEveryCommand = "Every command has a --help with examples.";

constexpr std::string_view kTop = R"(Usage: hearth COMMAND [ARGUMENT…]

Keeps machines, and what runs on them, alive.

Commands:
{}
{}

Where the manager is, from the first that says so:
  --manager URL, HEARTH_MANAGER, ~/.config/hearth/config.json,
  http://127.0.0.1:7700
The token, which a manager asks for that listens beyond this machine:
  --token-file FILE, HEARTH_TOKEN, ~/.config/hearth/config.json

Exit codes: 0 done; 1 it failed, or the answer is no; 2 wrong usage or input;
  3 no manager answers; 4 token missing or wrong; 5 not found; 6 its state
  forbids it now.
)";

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

std::string usage(std::string_view name, const Arguments& arguments) {
  std::string line = fmt::format("Usage: hearth {}", name);
  bool has_options = false;
  for (const Arguments::Declared& argument : arguments.declared()) {
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
  return line + (has_options ? " [OPTION…]\n" : "\n");
}

/// "-f, --follow", "    --tail N".
std::string option_spelling(const Arguments::Text& text) {
  std::string names(text.names);
  if (const std::size_t comma = names.find(','); comma != std::string::npos) {
    names.insert(comma + 1, " ");
  } else {
    names.insert(0, "    ");
  }
  return text.placeholder.empty() ? names : fmt::format("{} {}", names, text.placeholder);
}

std::string help_of_command(Command& command) {
  const CommandText text = command.text();
  Arguments arguments;
  command.declare(arguments);
  std::string out = usage(text.name, arguments) + fmt::format("\n{}\n", text.summary);
  if (!text.details.empty()) out += fmt::format("{}\n", text.details);
  std::vector<Row> positionals;
  std::vector<Row> options;
  for (const Arguments::Declared& argument : arguments.declared()) {
    if (argument.kind == Arguments::Kind::kPositional) {
      positionals.push_back({std::string(argument.text.placeholder), argument.text.help});
    } else {
      options.push_back({option_spelling(argument.text), argument.text.help});
    }
  }
  options.push_back({"-h, --help", "this text"});
  if (!positionals.empty()) out += "\nArguments:\n" + rows(positionals);
  out += "\nOptions:\n" + rows(options);
  std::vector<Row> examples;
  for (const Example& example : text.examples) {
    examples.push_back({std::string(example.line), example.what});
  }
  return out + "\nExamples:\n" + rows(examples);
}

std::vector<Row> commands_within(std::string_view group, const CommandList& commands) {
  std::vector<Row> found;
  for (const auto& command : commands) {
    const CommandText text = command->text();
    if (group.empty() || text.name.starts_with(std::string(group) + " ")) {
      found.push_back({std::string(text.name), text.summary});
    }
  }
  return found;
}

}  // namespace

std::string help_of(std::string_view name, const CommandList& commands) {
  if (name.empty()) return fmt::format(kTop, rows(commands_within("", commands)), kEveryCommand);
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const auto& one) { return one->text().name == name; });
  if (command != commands.end()) return help_of_command(**command);
  return fmt::format("Usage: hearth {} COMMAND [ARGUMENT…]\n\nCommands:\n{}\n{}\n", name,
                     rows(commands_within(name, commands)), kEveryCommand);
}

}  // namespace hearth::cli
