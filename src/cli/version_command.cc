#include <fmt/format.h>

#include "base/version.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

class VersionCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "version",
            .summary = "Print the version of this program.",
            .details = {},
            .examples = {{"hearth version", ""}, {"hearth version -o json", "{\"version\"}"}}};
  }
  void declare(Arguments& arguments) override { declare_output(arguments, output_); }
  Result<ExitCode> run(Session& session) override {
    session.terminal.say(output_ == OutputFormat::kJson
                             ? fmt::format(R"({{"version":"{}"}})", version())
                             : fmt::format("hearth {}", version()));
    return ExitCode::kOk;
  }

 private:
  OutputFormat output_ = OutputFormat::kText;
};

}  // namespace

std::unique_ptr<Command> make_version_command() {
  return std::make_unique<VersionCommand>();
}

}  // namespace hearth::cli
