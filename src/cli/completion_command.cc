#include <utility>

#include "adapters/usage/completion.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

class CompletionCommand final : public Command {
 public:
  explicit CompletionCommand(DescribePrograms describe) : describe_(std::move(describe)) {}

  CommandText text() const override {
    return {.name = "completion",
            .summary = "Print the script by which a shell completes Hearth's command lines.",
            .details =
                "Completes hearth, hearthd and hearth-agent. bash and zsh read it at the start of "
                "each\n"
                "shell, by a line in ~/.bashrc or ~/.zshrc; for fish it is a file.",
            .examples = {{"hearth completion bash", "print it"},
                         {"source <(hearth completion bash)", "in ~/.bashrc"},
                         {"source <(hearth completion zsh)", "in ~/.zshrc, after compinit"},
                         {"hearth completion fish > ~/.config/fish/completions/hearth.fish", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("SHELL", "bash, zsh or fish", shell_, Arguments::Need::kRequired,
                         usage::kShells);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<usage::Shell> shell = usage::parse_shell(shell_);
    if (!shell) {
      return fail(ErrorCode::kInvalidArgument, "SHELL '" + shell_ + "' " + shell.error().message);
    }
    session.terminal.out() << usage::completion_of(*shell, describe_());
    return ExitCode::kOk;
  }

 private:
  DescribePrograms describe_;
  std::string shell_;
};

}  // namespace

std::unique_ptr<Command> make_completion_command(DescribePrograms describe) {
  return std::make_unique<CompletionCommand>(std::move(describe));
}

}  // namespace hearth::cli
