#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/terminal/table.h"

namespace hearth::cli {
namespace {

Table::Cell state_of(const ReleaseView& release) {
  if (!release.fault.empty()) return {"failed", Paint::kBad};
  if (release.state == "current") return {release.state, Paint::kGood};
  return {release.state, release.state == "next" ? Paint::kWarning : Paint::kPlain};
}

class ReleasesCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "releases",
        .summary = "Show the releases of a workload: who deployed what, and what changed.",
        .details =
            "The newest first, each with what changed against the one that it replaced. At\n"
            "least the last ten are kept; 'hearth rollback' returns to one.",
        .examples = {{"hearth releases heater", ""},
                     {"hearth releases heater -o json | jq '.items[] | {generation, fault}'", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("WORKLOAD", "its name", name_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    if (const auto name = WorkloadName::parse(name_); !name) return tl::unexpected(name.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto pages = api->get_pages(fmt::format("/v1/workloads/{}/releases", name_));
    if (!pages) return tl::unexpected(pages.error());
    if (output_ == OutputFormat::kJson) {
      const Result<std::string> all = join_pages(*pages);
      if (!all) return tl::unexpected(all.error());
      session.terminal.say_json(*all);
      return ExitCode::kOk;
    }
    const auto releases = decode_releases(*pages);
    if (!releases) return tl::unexpected(releases.error());
    print(*releases, session);
    return ExitCode::kOk;
  }

 private:
  static void print(const std::vector<ReleaseView>& releases, Session& session) {
    using enum Table::Column::Align;
    Table table({{"RELEASE", kRight}, {"STATE"}, {"DEPLOYED"}, {"BY"}, {"CHANGES"}, {"FAULT"}});
    for (const ReleaseView& release : releases) {
      table.add({std::to_string(release.generation), state_of(release),
                 release.deployed_at ? show_age(*release.deployed_at, session.now()) : "",
                 release.deployed_by, release.changes, release.fault});
    }
    table.print(session.terminal);
  }

  std::string name_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_releases_command() {
  return std::make_unique<ReleasesCommand>();
}

}  // namespace hearth::cli
