#include "cli/command_line.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "adapters/usage/help.h"
#include "base/spelling.h"

namespace hearth::cli {
namespace {

constexpr int kWrongInput = static_cast<int>(ExitCode::kWrongInput);

constexpr std::string_view kWhereTheManagerIs =
    R"(The first of these that is set: --manager URL, HEARTH_MANAGER,
~/.config/hearth/config.json; else http://127.0.0.1:7700)";
constexpr std::string_view kToken =
    R"(Required by a manager that listens beyond loopback: --token-file FILE,
HEARTH_TOKEN, ~/.config/hearth/config.json)";
constexpr std::string_view kExitCodes =
    R"(0 done; 1 failed, or the answer is no; 2 wrong usage or input;
3 no manager answers; 4 token missing or wrong; 5 not found;
6 exists already, or its state forbids this)";

/// The message may quote others: its further lines are indented, so that none looks like ours.
void tell_error(Session& session, std::string_view message) {
  Terminal& terminal = session.terminal;
  std::string text = terminal_text(message, ForeignColor::kEscaped);
  text.erase(text.find_last_not_of('\n') + 1);
  for (std::size_t at = text.find('\n'); at != std::string::npos; at = text.find('\n', at + 1)) {
    text.insert(at + 1, "  ");
  }
  terminal.note(terminal.painted(Paint::kBad, "hearth:") + " " + text);
}

int refuse(Session& session, std::string_view name, std::string_view message) {
  tell_error(session,
             fmt::format("{} (see: hearth {}{}--help)", message, name, name.empty() ? "" : " "));
  return kWrongInput;
}

/// `code` if all output was written; otherwise reports the failure and returns its code.
int once_written(Session& session, int code) {
  if (session.terminal.out().flush()) return code;
  tell_error(session, "the answer could not be written: is the disk full?");
  return static_cast<int>(ExitCode::kFailed);
}

/// Reports what is wrong with the word at the place of a command.
int refuse_word(Session& session, const std::string& group, const std::vector<std::string>& words,
                const usage::Program& program) {
  const std::size_t depth =
      group.empty() ? 0 : 1 + static_cast<std::size_t>(std::count(group.begin(), group.end(), ' '));
  if (words.size() <= depth) {
    session.terminal.err() << usage::help_of(program, group) << std::flush;
    return kWrongInput;
  }
  const std::string& word = words[depth];
  if (word.starts_with('-')) {
    return refuse(session, group,
                  fmt::format("options follow their command: hearth status {} …", word));
  }
  const std::string_view nearest = nearest_word(word, usage::words_within(group, program));
  std::string hint;
  if (!nearest.empty()) {
    hint = fmt::format("; did you mean '{}'?", nearest);
  } else if (!group.empty()) {
    hint = fmt::format("; after '{}' comes one of: {}", group,
                       fmt::join(usage::words_within(group, program), ", "));
  }
  return refuse(
      session, group,
      fmt::format("there is no command '{}{}{}'{}", group, group.empty() ? "" : " ", word, hint));
}

int run_command(Command& command, const usage::CommandDescription& description,
                const std::vector<std::string>& words, Session& session) {
  if (const Result<void> read = usage::read_words(words, description.arguments); !read) {
    return refuse(session, description.text.name, read.error().message);
  }
  const Result<ExitCode> outcome = command.run(session);
  if (command.prints_an_answer()) {
    const int written = once_written(session, static_cast<int>(ExitCode::kOk));
    if (written != static_cast<int>(ExitCode::kOk)) return written;
  }
  if (outcome) return static_cast<int>(*outcome);
  tell_error(session, outcome.error().message);
  return static_cast<int>(exit_code_of(outcome.error().code));
}

}  // namespace

usage::Program describe(const CommandList& commands) {
  usage::Program program{.name = "hearth",
                         .man_section = 1,
                         .summary = "Keeps machines, and what runs on them, alive.",
                         .sections = {{.title = "Where the manager is", .text = kWhereTheManagerIs},
                                      {.title = "The token", .text = kToken},
                                      {.title = "Exit codes", .text = kExitCodes}},
                         .commands = {}};
  for (const auto& command : commands) {
    usage::CommandDescription description{command->text(), {}};
    command->declare(description.arguments);
    program.commands.push_back(std::move(description));
  }
  return program;
}

int run_command_line(const std::vector<std::string>& given, CommandList commands,
                     Session& session) {
  std::vector<std::string> words = given;
  if (words == std::vector<std::string>{"--version"}) words = {"version"};
  const bool help_first = !words.empty() && words.front() == "help";
  if (help_first) words.erase(words.begin());
  const usage::Program program = describe(commands);
  const std::string name = usage::name_in(words, program);
  if (help_first || usage::asks_for_help(words)) {
    const bool is_option = words.empty() || words.front().starts_with('-');
    if (name.empty() && !is_option) return refuse_word(session, name, words, program);
    session.terminal.out() << usage::help_of(program, name);
    return once_written(session, static_cast<int>(ExitCode::kOk));
  }
  for (std::size_t i = 0; i < commands.size(); ++i) {
    const usage::CommandDescription& description = program.commands[i];
    if (description.text.name != name) continue;
    words.erase(words.begin(), words.begin() + 1 + std::count(name.begin(), name.end(), ' '));
    return run_command(*commands[i], description, words, session);
  }
  return refuse_word(session, name, words, program);
}

}  // namespace hearth::cli
