#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include <fmt/format.h>

#include "cli/client/api_views.h"
#include "cli/command.h"
#include "cli/state_paint.h"

namespace hearth::cli {
namespace {

/// The answers that an overview is made from.
struct Overview {
  std::string status_text;
  StatusView status;
  std::vector<NodeView> nodes;
  std::vector<WorkloadView> workloads;
  std::vector<InstanceView> degraded;
};

bool lacks_ready(const WorkloadView& workload) {
  return workload.phase == "deployed" && workload.target &&
         workload.target->ready < workload.target->instances;
}

/// Only if there may be any: the list of all instances is long.
Result<std::vector<InstanceView>> degraded_instances(const ApiClient& api,
                                                     const std::vector<WorkloadView>& workloads) {
  if (std::none_of(workloads.begin(), workloads.end(), lacks_ready)) {
    return std::vector<InstanceView>();
  }
  const auto pages = api.get_pages("/v1/instances");
  if (!pages) return tl::unexpected(pages.error());
  auto instances = decode_instances(*pages);
  if (!instances) return instances;
  std::erase_if(*instances, [](const InstanceView& one) { return one.health != "degraded"; });
  return instances;
}

Result<Overview> look(const ApiClient& api) {
  Overview overview;
  Result<std::string> text = api.get("/v1/status");
  if (!text) return tl::unexpected(text.error());
  auto status = decode_status(*text);
  if (!status) return tl::unexpected(status.error());
  const auto node_pages = api.get_pages("/v1/nodes");
  if (!node_pages) return tl::unexpected(node_pages.error());
  auto nodes = decode_nodes(*node_pages);
  if (!nodes) return tl::unexpected(nodes.error());
  const auto workload_pages = api.get_pages("/v1/workloads");
  if (!workload_pages) return tl::unexpected(workload_pages.error());
  auto workloads = decode_workloads(*workload_pages);
  if (!workloads) return tl::unexpected(workloads.error());
  auto degraded = degraded_instances(api, *workloads);
  if (!degraded) return tl::unexpected(degraded.error());
  return Overview{*std::move(text), *std::move(status), *std::move(nodes), *std::move(workloads),
                  *std::move(degraded)};
}

class StatusCommand final : public Command {
 public:
  CommandText text() const override {
    return {.name = "status",
            .summary = "Show the state of the cluster, and what needs an operator.",
            .details = {},
            .examples = {{"hearth status", ""},
                         {"hearth status -o json | jq .bus",
                          "the address of the bus, and whether it carries"}}};
  }
  void declare(Arguments& arguments) override {
    declare_output(arguments, output_);
    declare_connection(arguments, connection_);
  }
  Result<ExitCode> run(Session& session) override {
    const Result<ApiClient> api = session.connect(connection_);
    if (!api) return tl::unexpected(api.error());
    if (output_ == OutputFormat::kJson) {
      const Result<std::string> text = api->get("/v1/status");
      if (!text) return tl::unexpected(text.error());
      session.terminal.say_json(*text);
      return ExitCode::kOk;
    }
    const Result<Overview> overview = look(*api);
    if (!overview) return tl::unexpected(overview.error());
    print(*api, *overview, session);
    return ExitCode::kOk;
  }

 private:
  static void print(const ApiClient& api, const Overview& overview, Session& session) {
    Terminal& terminal = session.terminal;
    const auto line = [&](std::string_view what, const std::string& words) {
      terminal.say(fmt::format("{:<11}{}", what, words));
    };
    line("manager", manager_of(api, overview.status, session.now()));
    line("bus", bus_of(overview.status, terminal));
    if (!overview.status.store_fault.empty()) {
      line("store", terminal.painted(Paint::kBad, "fails; nothing is decided until it works: " +
                                                      printable(overview.status.store_fault)));
    }
    std::map<std::string, std::size_t> nodes;
    for (const NodeView& node : overview.nodes) ++nodes[node.state];
    line("nodes", counts(overview.nodes.size(), nodes, terminal));
    std::map<std::string, std::size_t> workloads;
    std::uint64_t wanted = 0;
    std::uint64_t running = 0;
    for (const WorkloadView& workload : overview.workloads) {
      ++workloads[workload.phase];
      if (workload.phase == "stopped" || workload.phase == "removing") continue;
      wanted += workload.instances;
      running += workload.running;
    }
    line("workloads", counts(overview.workloads.size(), workloads, terminal));
    line("instances", terminal.painted(running < wanted ? Paint::kWarning : Paint::kPlain,
                                       fmt::format("{} of {} running", running, wanted)));
    print_needs(overview, terminal);
  }

  static std::string manager_of(const ApiClient& api, const StatusView& status, WallTime now) {
    std::string words = api.url();
    if (!status.version.empty()) words += ", version " + printable(status.version);
    if (status.epoch > 0) words += fmt::format(", epoch {}", status.epoch);
    if (status.started_at) words += ", started " + show_age(*status.started_at, now);
    return words;
  }

  static std::string bus_of(const StatusView& status, const Terminal& terminal) {
    std::string words = printable(status.bus);
    if (status.bus_carries && !*status.bus_carries) {
      words += terminal.painted(Paint::kBad,
                                ", carries nothing: the manager is blind and judges no node");
    }
    return words;
  }

  /// "3: 2 live, 1 dead".
  static std::string counts(std::size_t all, const std::map<std::string, std::size_t>& by_state,
                            const Terminal& terminal) {
    std::string words = std::to_string(all);
    for (const auto& [state, count] : by_state) {
      const Table::Cell cell = state_cell(state);
      words += fmt::format("{} {}", words.size() == std::to_string(all).size() ? ":" : ",",
                           terminal.painted(cell.paint, fmt::format("{} {}", count, cell.text)));
    }
    return words;
  }

  /// Why a workload needs attention; nothing if it does not.
  static std::optional<std::string> need_of(const WorkloadView& workload) {
    const auto with_reason = [&](const std::string& words) {
      return workload.reason.empty() ? words : words + "; " + workload.reason;
    };
    if (workload.phase == "rolling_out" && workload.target) {
      return with_reason(fmt::format("{} of {} instances of release {} are ready",
                                     workload.target->ready, workload.target->instances,
                                     workload.target->generation));
    }
    // What has completed its work does not run, and is as it should be.
    const bool is_well = workload.target && workload.target->ready >= workload.target->instances;
    if (workload.phase == "deployed" && workload.running < workload.instances && !is_well) {
      return with_reason(fmt::format("{} of {} running", workload.running, workload.instances));
    }
    if (lacks_ready(workload)) {
      return with_reason(
          fmt::format("{} of {} ready", workload.target->ready, workload.target->instances));
    }
    const bool needs = workload.phase == "failed" || workload.phase == "building";
    return needs ? std::optional(workload.reason) : std::nullopt;
  }

  static void print_needs(const Overview& overview, Terminal& terminal) {
    std::vector<std::string> lines;
    const auto add = [&](const std::string& name, const std::string& state,
                         const std::string& why) {
      const Table::Cell cell = state_cell(state);
      const std::string words = state == "rolling_out" ? "rolling out" : cell.text;
      lines.push_back(fmt::format("  {} is {}{}{}", printable(name),
                                  terminal.painted(cell.paint, words), why.empty() ? "" : ": ",
                                  printable(why)));
    };
    for (const NodeView& node : overview.nodes) {
      if (node.state != "live") add(node.name, node.state, node.evidence);
      if (node.recovery_phase == "quarantined") {
        add(node.name, node.recovery_phase, node.recovery_reason);
      }
      if (!node.problem.empty())
        lines.push_back("  " + printable(node.name) + ": " + printable(node.problem));
    }
    for (const WorkloadView& workload : overview.workloads) {
      if (const auto why = need_of(workload)) add(workload.name, workload.phase, *why);
    }
    for (const InstanceView& instance : overview.degraded) {
      add(instance.id, instance.health, instance.health_reason);
    }
    if (lines.empty()) return;
    terminal.say("\nneeds attention (more: hearth explain node|workload NAME)");
    for (const std::string& line : lines) terminal.say(line);
  }

  OutputFormat output_ = OutputFormat::kText;
  ConnectionArguments connection_;
};

}  // namespace

std::unique_ptr<Command> make_status_command() {
  return std::make_unique<StatusCommand>();
}

}  // namespace hearth::cli
