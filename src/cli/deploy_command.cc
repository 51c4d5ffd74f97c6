#include <algorithm>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "cli/client/deployment.h"
#include "cli/command.h"
#include "cli/instance_table.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

/// "a", "a and b", "a, b and c".
std::string enumeration(const std::vector<std::string>& words) {
  std::string out;
  for (std::size_t i = 0; i < words.size(); ++i) {
    out += i == 0 ? "" : i + 1 == words.size() ? " and " : ", ";
    out += words[i];
  }
  return out;
}

class DeployCommand final : public Command {
 public:
  CommandText text() const override {
    return {
        .name = "deploy",
        .summary = "Build an application from its Dockerfile, and keep it running.",
        .details =
            "Packs the folder (.dockerignore is honoured) and builds it once, on one of the "
            "nodes.\n"
            "Deploying a name again replaces its instances one by one, even if nothing changed.\n"
            "Waits until all instances are ready. If one fails, the release before it is kept "
            "running.",
        .examples = {{"hearth deploy ./heater --name heater", ""},
                     {"hearth deploy ./heater --name heater --instances 3 --env MODE=eco", ""},
                     {"hearth deploy ./heater --name heater --memory 64M --cpu 0.5", ""},
                     {"hearth deploy ./db --name db --service --on-node-lost stay", ""}}};
  }
  void declare(Arguments& arguments) override {
    arguments.positional("DIR", "the folder with the Dockerfile", folder_,
                         Arguments::Need::kRequired, usage::kFolders);
    arguments.value({"--name", "NAME", "the workload's name"}, name_, Arguments::Need::kRequired);
    arguments.value({"--instances", "K", "number of instances (1)"}, instances_, 0, kInstancesMax);
    arguments.flag({"--service", "", "a part of the platform, not a user's application"}, service_);
    arguments.list({"--env", "K=V", "an environment variable; may be repeated"}, environment_);
    arguments.parsed(
        {"--memory", "SIZE", "reserved per instance, and its limit: 64M, 2G (no limit)"},
        parse_memory, resources_.memory_bytes);
    arguments.parsed({"--cpu", "CORES", "reserved per instance, and its limit: 0.5, 2 (no limit)"},
                     parse_cpus, resources_.cpu_millis);
    arguments.parsed({"--on-node-lost", "WHAT", "replace: start elsewhere (default); stay: wait",
                      "replace stay"},
                     parse_node_loss_policy, on_node_lost_);
    arguments.flag({"--no-wait", "", "return once the manager has accepted it"}, no_wait_);
    arguments.value({"--timeout", "TIME", "how long to wait (10m)"}, timeout_);
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<DeployOrder> order = this->order();
    if (!order) return tl::unexpected(order.error());
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    const auto wait = no_wait_ ? DeployWait::kNot : DeployWait::kUntilDeployed;
    const auto deployed = deploy(*api, *order, wait, timeout_, progress_on(session.terminal));
    if (!deployed) return tl::unexpected(deployed.error());
    if (output_ == OutputFormat::kJson) {
      print_json(*deployed, session.terminal);
    } else if (no_wait_) {
      session.terminal.say(fmt::format("{} is accepted (generation {}); to follow it: hearth ps {}",
                                       name_, deployed->generation, name_));
    } else {
      print_text(*deployed, session);
    }
    return ExitCode::kOk;
  }

 private:
  Result<DeployOrder> order() const {
    Result<WorkloadName> name = WorkloadName::parse(name_);
    if (!name) return tl::unexpected(name.error());
    DeployOrder order{
        .name = *std::move(name),
        .folder = folder_,
        .kind = service_ ? WorkloadKind::kService : WorkloadKind::kApplication,
        .instances = instances_,
        .container = {.environment = {}, .resources = resources_},
        .on_node_lost = on_node_lost_,
    };
    for (const std::string& variable : environment_) {
      const std::size_t equals = variable.find('=');
      if (equals == std::string::npos || equals == 0) {
        return fail(ErrorCode::kInvalidArgument,
                    fmt::format("--env '{}' must be K=V, for example MODE=eco", variable));
      }
      order.container.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    return order;
  }

  /// Progress is not the answer: it goes to stderr.
  static DeployProgress progress_on(Terminal& terminal) {
    return {.on_step = [&](const std::string& line) { terminal.note(line); },
            .on_build_output = [&](std::string_view output) { terminal.relay(output); }};
  }

  void print_text(const Deployed& deployed, Session& session) const {
    std::vector<std::string> places;
    for (const InstanceView& one : deployed.instances) places.push_back(one.node);
    std::sort(places.begin(), places.end());
    places.erase(std::unique(places.begin(), places.end()), places.end());
    if (places.empty()) {
      session.terminal.say(fmt::format("{} is deployed with 0 instances", name_));
      return;
    }
    session.terminal.say(fmt::format("{} runs on {}:", name_, enumeration(places)));
    instance_table(deployed.instances, session.now()).print(session.terminal);
  }

  void print_json(const Deployed& deployed, Terminal& terminal) const {
    JsonWriter out;
    out.begin_object()
        .field("name", name_)
        .field("generation", deployed.generation)
        .field("bundle", deployed.bundle.str())
        .key("instances")
        .begin_list();
    for (const InstanceView& instance : deployed.instances) {
      out.begin_object()
          .field("id", instance.id)
          .field("node", instance.node)
          .field("address", instance.address)
          .field("state", instance.state)
          .field("container", instance.container)
          .end_object();
    }
    out.end_list().end_object();
    terminal.say_json(std::move(out).text());
  }

  std::string folder_;
  std::string name_;
  std::uint32_t instances_ = 1;
  bool service_ = false;
  std::vector<std::string> environment_;
  Resources resources_;
  NodeLossPolicy on_node_lost_ = NodeLossPolicy::kReplace;
  bool no_wait_ = false;
  Duration timeout_ = std::chrono::minutes(10);
  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_deploy_command() {
  return std::make_unique<DeployCommand>();
}

}  // namespace hearth::cli
