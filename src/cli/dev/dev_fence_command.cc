#include <array>
#include <cerrno>
#include <cstring>
#include <string>

#include <unistd.h>

#include "cli/dev/dev_command.h"
#include "cli/dev/dev_facts.h"
#include "cli/dev/dev_state.h"
#include "cli/dev/power_protocol.h"

namespace hearth::cli {
namespace {

/// hearthd kills it earlier, once its recovery.switch_timeout expires.
constexpr Duration kPowerWithin = std::chrono::seconds(60);

/// All of standard input.
Result<std::string> read_options() {
  std::string text;
  std::array<char, kPowerTextBytesMax> piece;
  for (;;) {
    const ssize_t got = ::read(STDIN_FILENO, piece.data(), piece.size());
    if (got == 0) return text;
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      return fail(ErrorCode::kFailed,
                  std::string("standard input cannot be read: ") + std::strerror(errno));
    }
    text.append(piece.data(), static_cast<std::size_t>(got));
    if (text.size() > kPowerTextBytesMax) {
      return fail(ErrorCode::kFailed, "standard input is too long for a power program's options");
    }
  }
}

/// The program that hearthd runs to switch a dev node. Its exit codes are those of a power program,
/// so no failure of run() may end with 2, which means that the node is off. (A wrong command line
/// does; but then `off` has failed too, and hearthd does not ask for the state.)
class DevFenceCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "dev fence",
        .summary = "The power program of dev nodes, which hearthd runs.",
        .details =
            "Reads action=off|on|status and port=NODE from standard input, as\n"
            "docs/reference/power.md specifies. Exit codes: 0 done, or on; 2 off; 1 failed.",
        .examples = {{"hearth dev fence < options", ""},
                     {"printf 'action=status\\nport=node-1\\n' | hearth dev fence; echo $?", ""}},
        .audience = CommandText::Audience::kPrograms};
  }
  void declare(Arguments& arguments) override {
    arguments.value(
        {"--state", "DIR", "the dev cluster's folder, as given to hearth dev", usage::kFolders},
        state_);
  }
  Result<ExitCode> run(Session& session) override {
    return exit_code(session).map_error(
        [](const Error& error) { return Error{ErrorCode::kFailed, error.message}; });
  }

 private:
  Result<ExitCode> exit_code(const Session& session) const {
    const Result<std::string> options = read_options();
    if (!options) return tl::unexpected(options.error());
    const Result<PowerQuestion> question = decode_power_question(*options);
    if (!question) return tl::unexpected(question.error());
    const auto folder = dev_state_folder(state_, session);
    if (!folder) return tl::unexpected(folder.error());
    const Result<DevFacts> facts = load_facts(*folder);
    if (!facts) return tl::unexpected(facts.error());
    const Result<PowerState> state = ask_power(facts->power_socket, *question, kPowerWithin);
    if (!state) return tl::unexpected(state.error());
    return static_cast<ExitCode>(power_exit_code(question->action, *state));
  }

  std::filesystem::path state_;
};

}  // namespace

std::unique_ptr<Command> make_dev_fence_command() {
  return std::make_unique<DevFenceCommand>();
}

}  // namespace hearth::cli
