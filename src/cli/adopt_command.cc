#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/client/deployment.h"
#include "cli/command.h"
#include "cli/instance_table.h"
#include "cli/rules_file.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

class AdoptCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "adopt",
        .summary = "Watch a container that runs already, and keep it running.",
        .details =
            "CONTAINER is its name on the node, or the start of its id: one that compose or "
            "somebody"
            "\nstarted. It is not restarted for this. From then on its status is known, its "
            "log rules\napply, and Hearth restarts it instead of Docker, whose restart policy is "
            "set to 'no'.\n'hearth rm' lets it go: it goes on as it is, with the policy of "
            "before.\n"
            "A workload file can adopt, too, and has probes besides: adopt: {container: NAME}.",
        .examples = {
            {"hearth adopt postgres --node n1 --rules examples/rules/postgresql.yaml", ""},
            {"hearth adopt shop_db_1 --node n1 --name shop-db", "a service of compose"},
            {"hearth adopt web --node n1 --restart start", "start the same container again"},
            {"hearth rm postgres", "let it go"}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("CONTAINER", "its name, or the start of its id", container_);
    arguments.value({"--node", "N", "the node that it is on"}, node_, Arguments::Need::kRequired);
    arguments.value({"--name", "W", "the workload's name (the container's)"}, name_);
    arguments.parsed({"--kind", "KIND", "service (default), or application", "service application"},
                     parse_workload_kind, kind_);
    arguments.value({"--rules", "F", "a file with log_rules", usage::kFiles}, rules_);
    arguments.parsed(
        {"--restart", "HOW", "recreate: a fresh container like it (default); start: the same one",
         "recreate start"},
        parse_adopted_restart, restart_);
    arguments.flag({"--no-wait", "", "return once the manager has accepted it"}, no_wait_);
    arguments.value({"--timeout", "TIME", "how long to wait (2m)"}, timeout_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<WorkloadFile> workload = described();
    if (!workload) return tl::unexpected(workload.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto wait = no_wait_ ? DeployWait::kNot : DeployWait::kUntilDeployed;
    const DeployProgress progress{
        .on_step = [&](const std::string& line) { session.terminal.note(line); },
        .on_build_output = [](std::string_view) {}};
    const auto adopted =
        deploy(*api, {.workload = *workload, .folder = {}}, wait, timeout_, progress);
    if (!adopted) return tl::unexpected(adopted.error());
    const std::string& name = workload->name.str();
    if (output_ == OutputFormat::kJson) {
      print_json(name, *adopted, session.terminal);
    } else if (no_wait_) {
      session.terminal.say(fmt::format("{} is accepted (generation {}); to follow it: hearth ps {}",
                                       name, adopted->generation, name));
    } else {
      session.terminal.say(fmt::format("{} is container '{}' on {}:", name, container_, node_));
      instance_table(adopted->instances, session.now()).print(session.terminal);
    }
    return ExitCode::kOk;
  }

 private:
  /// The workload that the arguments describe, held to the rules of requests.
  Result<WorkloadFile> described() const {
    Result<NodeName> node = NodeName::parse(node_);
    if (!node) return tl::unexpected(node.error());
    Result<WorkloadName> name = WorkloadName::parse(name_.empty() ? container_ : name_);
    if (!name && name_.empty()) {
      return fail(ErrorCode::kInvalidArgument,
                  fmt::format("'{}' cannot be the name of a workload: {}; give one with --name W",
                              container_, name.error().message));
    }
    if (!name) return tl::unexpected(name.error());
    WorkloadFile workload{.name = *std::move(name),
                          .kind = kind_.value_or(WorkloadKind::kService),
                          .on_node_lost = NodeLossPolicy::kStay,
                          .node = *std::move(node)};
    workload.instance.replace = ReplaceOrder::kStopFirst;
    workload.instance.adopted = AdoptedContainer{
        .name = container_, .restart = restart_.value_or(AdoptedContainer::Restart::kRecreate)};
    if (!rules_.empty()) {
      Result<std::vector<LogRule>> rules = load_rules(rules_);
      if (!rules) return tl::unexpected(rules.error());
      workload.instance.log_rules = *std::move(rules);
    }
    const Result<WorkloadSpec> checked =
        decode_workload_request(encode_workload(workload.with_bundle(no_bundle())), workload.name);
    if (!checked) return tl::unexpected(checked.error());
    return workload;
  }

  static void print_json(const std::string& name, const Deployed& adopted, Terminal& terminal) {
    JsonWriter out;
    out.begin_object().field("name", name).field("generation", adopted.generation);
    write_instances(out.key("instances"), adopted.instances);
    out.end_object();
    terminal.say_json(std::move(out).text());
  }

  std::string container_;
  std::string node_;
  std::string name_;
  std::optional<WorkloadKind> kind_;
  std::string rules_;
  std::optional<AdoptedContainer::Restart> restart_;
  bool no_wait_ = false;
  Duration timeout_ = std::chrono::minutes(2);
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_adopt_command() {
  return std::make_unique<AdoptCommand>();
}

}  // namespace hearth::cli
