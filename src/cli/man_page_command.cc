#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "adapters/usage/man_page.h"
#include "base/version.h"
#include "cli/command.h"

namespace hearth::cli {
namespace {

class ManPageCommand final : public Command {
 public:
  explicit ManPageCommand(DescribePrograms describe) : describe_(std::move(describe)) {}

  CommandText text() const override {
    return {.name = "man-page",
            .summary = "Print the manual page of one of Hearth's programs.",
            .details = "A build writes the pages, with the completions, to share/ in its folder.",
            .examples = {{"hearth man-page hearth | man -l -", "read it"},
                         {"hearth man-page hearthd > hearthd.8", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("PROGRAM", "hearth, hearthd or hearth-agent", program_,
                         Arguments::Need::kRequired, "hearth hearthd hearth-agent");
  }
  Result<ExitCode> run(Session& session) override {
    const ProgramList programs = describe_();
    const auto found = std::find_if(programs.begin(), programs.end(),
                                    [&](const auto& one) { return one.name == program_; });
    if (found == programs.end()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("PROGRAM '{}' must be one of: hearth, hearthd, hearth-agent",
                              printable(program_)));
    }
    session.terminal.out() << usage::man_page_of(*found, programs, version());
    return ExitCode::kOk;
  }

 private:
  DescribePrograms describe_;
  std::string program_;
};

}  // namespace

std::unique_ptr<Command> make_man_page_command(DescribePrograms describe) {
  return std::make_unique<ManPageCommand>(std::move(describe));
}

}  // namespace hearth::cli
