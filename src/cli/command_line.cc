#include "cli/command_line.h"

#include <algorithm>
#include <map>
#include <utility>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

#include "base/spelling.h"

namespace hearth::cli {
namespace {

constexpr int kWrongInput = static_cast<int>(ExitCode::kWrongInput);

/// The commands and groups that `words` begins with: "node list" of `node list -o json`.
std::string name_in(const std::vector<std::string>& words, const CommandList& commands) {
  std::string name;
  for (const std::string& word : words) {
    const std::string longer = name.empty() ? word : name + " " + word;
    const bool known = std::any_of(commands.begin(), commands.end(), [&](const auto& command) {
      const std::string_view full = command->text().name;
      return full == longer || full.starts_with(longer + " ");
    });
    if (!known) break;
    name = longer;
  }
  return name;
}

void tell_error(Session& session, std::string_view message) {
  Terminal& terminal = session.terminal;
  terminal.note(terminal.painted(Paint::kBad, "hearth:") + " " + std::string(message));
}

int refuse(Session& session, std::string_view name, std::string_view message) {
  tell_error(session,
             fmt::format("{} (see: hearth {}{}--help)", message, name, name.empty() ? "" : " "));
  return kWrongInput;
}

/// What is wrong where a command was expected and another word stands.
int refuse_word(Session& session, const std::string& group, const std::vector<std::string>& words,
                const CommandList& commands) {
  const std::size_t depth =
      group.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(group.begin(), group.end(), ' '));
  if (words.size() <= depth) {
    session.terminal.err() << help_of(group, commands) << std::flush;
    return kWrongInput;
  }
  const std::string& word = words[depth];
  if (word.starts_with('-')) {
    return refuse(session, group,
                  fmt::format("options follow their command: hearth status {} …", word));
  }
  std::vector<std::string> texts;
  for (const auto& command : commands) {
    std::string_view full = command->text().name;
    if (!group.empty() && !full.starts_with(group + " ")) continue;
    if (!group.empty()) full.remove_prefix(group.size() + 1);
    texts.emplace_back(full.substr(0, full.find(' ')));
  }
  const std::string_view nearest = nearest_word(word, {texts.begin(), texts.end()});
  const std::string hint = nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest);
  return refuse(
      session, group,
      fmt::format("there is no command '{}{}{}'{}", group, group.empty() ? "" : " ", word, hint));
}

/// Hands a value to its argument; the first error ends the reading.
void pass_on(const Arguments::Declared& argument, const std::string& value) {
  if (Result<void> taken = argument.take(value); !taken) {
    const std::string_view names = argument.text.names;
    throw CLI::ValidationError(std::string(names.substr(names.find(',') + 1)),
                               fmt::format("'{}': {}", value, taken.error().message));
  }
}

void add_to(CLI::App& app, const Arguments::Declared& argument) {
  const std::string names(argument.text.names);
  CLI::Option* option = nullptr;
  switch (argument.kind) {
    case Arguments::Kind::kFlag:
      option = app.add_flag_function(names, [&argument](std::int64_t) { pass_on(argument, ""); });
      break;
    case Arguments::Kind::kList:
      option = app.add_option_function<std::vector<std::string>>(
                      names,
                      [&argument](const std::vector<std::string>& values) {
                        for (const std::string& value : values) pass_on(argument, value);
                      })
                   ->allow_extra_args(false);
      break;
    case Arguments::Kind::kValue:
    case Arguments::Kind::kPositional:
      option = app.add_option_function<std::string>(
          names, [&argument](const std::string& value) { pass_on(argument, value); });
      // Given twice, the last one counts: who wraps a command in a script adds what differs.
      if (argument.kind == Arguments::Kind::kValue) option->take_last();
      break;
  }
  option->required(argument.need == Arguments::Need::kRequired);
}

/// The option that `word` names, "--tail" of "--tail=5"; empty if it is none.
std::string option_in(const std::string& word) {
  if (word.size() < 2 || word[0] != '-') return {};
  return word[1] == '-' ? word.substr(0, word.find('=')) : word.substr(0, 2);
}

/// What is wrong where CLI11 has words left over, the first of them being `left`.
std::string surplus(const std::vector<std::string>& words, const Arguments& arguments,
                    const std::string& left) {
  std::vector<std::string> known{"-h", "--help"};
  for (const Arguments::Declared& argument : arguments.declared()) {
    if (argument.kind == Arguments::Kind::kPositional) continue;
    const std::string names(argument.text.names);
    const std::size_t comma = names.find(',');
    known.push_back(names.substr(0, comma));
    if (comma != std::string::npos) known.push_back(names.substr(comma + 1));
  }
  for (const std::string& word : words) {
    if (word == "--") break;
    const std::string option = option_in(word);
    if (option.empty() || std::find(known.begin(), known.end(), option) != known.end()) continue;
    const std::string_view nearest = nearest_word(option, {known.begin(), known.end()});
    return fmt::format("there is no option '{}'{}", option,
                       nearest.empty() ? "" : fmt::format("; did you mean '{}'?", nearest));
  }
  return fmt::format("'{}' is one argument too many", left);
}

/// CLI11's complaints in the words and the case of ours.
std::string complaint_of(const CLI::ParseError& error) {
  std::string text = error.what();
  if (!text.empty() && text[0] >= 'A' && text[0] <= 'Z' && (text.size() < 2 || text[1] >= 'a')) {
    text[0] = static_cast<char>(text[0] - 'A' + 'a');
  }
  return text;
}

int run_command(Command& command, const std::vector<std::string>& words, Session& session) {
  const std::string name(command.text().name);
  Arguments arguments;
  command.declare(arguments);
  CLI::App app;
  app.set_help_flag();
  for (const Arguments::Declared& argument : arguments.declared()) add_to(app, argument);
  try {
    app.parse(std::vector<std::string>(words.rbegin(), words.rend()));  // As CLI11 wants them.
  } catch (const CLI::ExtrasError&) {
    return refuse(session, name, surplus(words, arguments, app.remaining().front()));
  } catch (const CLI::ArgumentMismatch& error) {
    const std::string_view what = error.what();
    return refuse(session, name, fmt::format("{} needs a value", what.substr(0, what.find(':'))));
  } catch (const CLI::ParseError& error) {
    return refuse(session, name, complaint_of(error));
  }
  const Result<ExitCode> outcome = command.run(session);
  if (!session.terminal.out().flush() && command.prints_an_answer()) {
    tell_error(session, "the answer could not be written: is the disk full?");
    return static_cast<int>(ExitCode::kFailed);
  }
  if (outcome) return static_cast<int>(*outcome);
  tell_error(session, outcome.error().message);
  return static_cast<int>(exit_code_of(outcome.error().code));
}

bool asks_for_help(const std::vector<std::string>& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  return std::any_of(words.begin(), end,
                     [](const std::string& word) { return word == "--help" || word == "-h"; });
}

}  // namespace

int run_command_line(const std::vector<std::string>& given, CommandList commands,
                     Session& session) {
  std::vector<std::string> words = given;
  if (words == std::vector<std::string>{"--version"}) words = {"version"};
  const bool help_first = !words.empty() && words.front() == "help";
  if (help_first) words.erase(words.begin());
  const std::string name = name_in(words, commands);
  const auto command = std::find_if(commands.begin(), commands.end(),
                                    [&](const auto& one) { return one->text().name == name; });
  if (help_first || asks_for_help(words)) {
    const bool is_option = words.empty() || words.front().starts_with('-');
    if (name.empty() && !is_option) return refuse_word(session, name, words, commands);
    session.terminal.out() << help_of(name, commands) << std::flush;
    return static_cast<int>(ExitCode::kOk);
  }
  if (command == commands.end()) return refuse_word(session, name, words, commands);
  const auto depth = 1 + std::count(name.begin(), name.end(), ' ');
  words.erase(words.begin(), words.begin() + depth);
  return run_command(**command, words, session);
}

}  // namespace hearth::cli
