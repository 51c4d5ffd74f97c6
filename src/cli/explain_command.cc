#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/instance_watch.h"

namespace hearth::cli {
namespace {

/// The two commands differ only in what they ask for.
struct Subject {
  std::string_view command;
  std::string_view summary;
  std::string_view placeholder;
  std::string_view target;
  Example example;
};

class ExplainCommand final : public Command {
 public:
  explicit ExplainCommand(Subject subject) : subject_(subject) {}

  CommandText text() const override {
    return {.name = subject_.command,
            .summary = subject_.summary,
            .details = {},
            .examples = {subject_.example}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional(subject_.placeholder, "its name", name_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    // Names of nodes and workloads follow the same rule.
    if (const auto name = WorkloadName::parse(name_); !name) return tl::unexpected(name.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto text = api->get(fmt::format("/v1/{}/{}/explanation", subject_.target, name_));
    if (!text) return tl::unexpected(text.error());
    if (output_ == OutputFormat::kJson) {
      session.terminal.say_json(*text);
      return ExitCode::kOk;
    }
    const auto lines = decode_lines(*text);
    if (!lines) return tl::unexpected(lines.error());
    for (const std::string& line : *lines) session.terminal.say(printable(line));
    return subject_.target == "workloads" ? explain_instances(*api, session) : ExitCode::kOk;
  }

 private:
  /// What the nodes of its instances say.
  Result<ExitCode> explain_instances(const ApiClient& api, Session& session) const {
    const auto pages = api.get_pages("/v1/instances?workload=" + name_);
    if (!pages) return tl::unexpected(pages.error());
    auto instances = decode_instances(*pages);
    if (!instances) return tl::unexpected(instances.error());
    for (const std::string& line : watch_lines(api, *std::move(instances)))
      session.terminal.say(printable(line));
    return ExitCode::kOk;
  }

  Subject subject_;
  std::string name_;
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_explain_node_command() {
  return std::make_unique<ExplainCommand>(
      Subject{.command = "explain node",
              .summary = "Explain a node's state by the evidence for it.",
              .placeholder = "NODE",
              .target = "nodes",
              .example = {"hearth explain node node-2", ""}});
}

std::unique_ptr<Command> make_explain_workload_command() {
  return std::make_unique<ExplainCommand>(
      Subject{.command = "explain workload",
              .summary = "Explain why a workload runs where it does, or why it does not run.",
              .placeholder = "WORKLOAD",
              .target = "workloads",
              .example = {"hearth explain workload heater", ""}});
}

}  // namespace hearth::cli
