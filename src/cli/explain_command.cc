#include <utility>
#include <vector>

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
  std::string_view details;
  std::vector<Example> examples;
};

class ExplainCommand final : public Command {
 public:
  explicit ExplainCommand(Subject subject) : subject_(std::move(subject)) {}

  CommandText text() const override {
    return {.name = subject_.command,
            .summary = subject_.summary,
            .details = subject_.details,
            .examples = subject_.examples};
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
    const auto lines = decode_lines(*text);
    if (!lines) return tl::unexpected(lines.error());
    const Result<WatchAnswers> answers = watches(*api);
    if (!answers) return tl::unexpected(answers.error());
    if (output_ == OutputFormat::kJson) {
      session.terminal.say_json(is_of_workload() ? with_instances(*text, *answers) : *text);
      return ExitCode::kOk;
    }
    for (const std::string& line : *lines) session.terminal.say(printable(line));
    for (const std::string& line : watch_lines(*answers)) session.terminal.say(printable(line));
    return ExitCode::kOk;
  }

 private:
  bool is_of_workload() const { return subject_.target == "workloads"; }

  /// What the nodes of its instances say.
  Result<WatchAnswers> watches(const ApiClient& api) const {
    if (!is_of_workload()) return WatchAnswers{};
    const auto pages = api.get_pages("/v1/instances?workload=" + name_);
    if (!pages) return tl::unexpected(pages.error());
    auto instances = decode_instances(*pages);
    if (!instances) return tl::unexpected(instances.error());
    return ask_watches(api, *std::move(instances));
  }

  /// The manager's answer, an object, with one more member.
  static std::string with_instances(const std::string& explanation, const WatchAnswers& answers) {
    return fmt::format("{},\"instances\":{},\"not_asked\":{}}}",
                       explanation.substr(0, explanation.rfind('}')), watch_json(answers),
                       answers.not_asked);
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
              .details = {},
              .examples = {{"hearth explain node node-2", ""}}});
}

std::unique_ptr<Command> make_explain_workload_command() {
  return std::make_unique<ExplainCommand>(Subject{
      .command = "explain workload",
      .summary = "Explain why a workload runs where it does, or why it does not run.",
      .placeholder = "WORKLOAD",
      .target = "workloads",
      .details = "Its last part is what the nodes of its instances say of their rules and probes.",
      .examples = {{"hearth explain workload heater", ""},
                   {"hearth explain workload heater -o json | jq '.instances[].watch.rules'",
                    "the state of each log rule"}}});
}

}  // namespace hearth::cli
