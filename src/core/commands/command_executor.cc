#include "core/commands/command_executor.h"

#include <set>
#include <variant>

#include <fmt/format.h>

#include "core/dependencies/cycle.h"
#include "core/dependencies/what_lacks.h"
#include "core/events/cluster_events.h"
#include "core/releases/release_executor.h"

namespace hearth::core {

Result<CommandResult> CommandExecutor::carry_out(const Command& command) {
  return std::visit([this](const auto& one) { return carry_out(one); }, command);
}

Result<CommandResult> CommandExecutor::carry_out(const ImportNodes& command) {
  std::set<NodeName> unknown;
  for (const NodeEntry& entry : command.nodes) {
    if (parts_.fleet.find(entry.name) == nullptr) unknown.insert(entry.name);
  }
  if (parts_.fleet.size() + unknown.size() > kNodesMax) {
    return fail(ErrorCode::kExhausted,
                fmt::format("{} new nodes and the {} known ones would exceed the limit of {}; no "
                            "node was imported",
                            unknown.size(), parts_.fleet.size(), kNodesMax));
  }
  std::size_t changed = 0;
  for (const NodeEntry& entry : command.nodes) {
    NodeWatch* known = parts_.fleet.find(entry.name);
    if (known == nullptr) {
      parts_.nodes.add(entry);
    } else if (parts_.nodes.update(*known, entry)) {
      ++changed;
    }
  }
  return CommandResult{
      fmt::format("named: {}, new: {}, changed: {}", command.nodes.size(), unknown.size(), changed),
      {}};
}

Result<CommandResult> CommandExecutor::carry_out(const DeployWorkload& command) {
  if (auto order = check_order(command.name, command.spec.after); !order)
    return tl::unexpected(order.error());
  return begin(command.name, command.spec.instance.adopted ? "being adopted" : "being deployed",
               parts_.workloads.deploy(command, now_));
}

Result<CommandResult> CommandExecutor::carry_out(const RollBackWorkload& command) {
  const Workload* workload = parts_.workloads.find(command.name);
  const bool is_rolling = workload != nullptr && workload->phase == WorkloadPhase::kRollingOut;
  if (is_rolling && workload->next && !command.to) return end_rollout(*workload);
  const Result<const Release*> to = parts_.workloads.release_to_return_to(command);
  if (!to) return tl::unexpected(to.error());
  if (auto order = check_order(command.name, (*to)->spec.after); !order)
    return tl::unexpected(order.error());
  return begin(command.name, "a rollback, and being deployed",
               parts_.workloads.roll_back(command, now_));
}

Result<CommandResult> CommandExecutor::carry_out(const RestartWorkload& command) {
  return begin(command.name, "a restart, and being deployed",
               parts_.workloads.restart(command, now_));
}

/// `what`: completes "generation 2 of 'app' is …".
Result<CommandResult> CommandExecutor::begin(const WorkloadName& name, std::string_view what,
                                             const Result<Deployment>& deployment) {
  if (!deployment) return tl::unexpected(deployment.error());
  ReleaseExecutor({.workloads = parts_.workloads, .changes = parts_.changes})
      .begin(name, *deployment);
  const Release& release = parts_.workloads.workload(name).latest();
  std::string message =
      fmt::format("generation {} of '{}' is {}", release.generation.value, name.str(), what);
  const std::string lacks =
      what_lacks(release.spec.after, parts_.workloads.rows(),
                 [this](const WorkloadName& one) { return parts_.instances.rows_of(one); });
  if (!lacks.empty()) message += fmt::format("; it waits for {}", lacks);
  return CommandResult{std::move(message), release.generation};
}

Result<void> CommandExecutor::check_order(const WorkloadName& name,
                                          const std::vector<Dependency>& after) const {
  const std::vector<WorkloadName> cycle = find_cycle(name, after, parts_.workloads.rows());
  if (cycle.empty()) return {};
  return fail(ErrorCode::kConflict,
              fmt::format("these workloads would wait for each other: {}; remove one of them from "
                          "the 'after' of the one before it",
                          show_cycle(cycle)));
}

/// Empty if no workload starts after it.
std::string CommandExecutor::warn_of_dependents(const WorkloadName& name) const {
  std::string words;
  for (const WorkloadName& one : parts_.dependents.of(name))
    words += fmt::format("{}'{}'", words.empty() ? "" : ", ", one.str());
  if (words.empty()) return {};
  return fmt::format("; what starts after it runs on, but waits for it at its next start: {}",
                     words);
}

Result<CommandResult> CommandExecutor::end_rollout(const Workload& workload) {
  const WorkloadName& name = workload.name;
  const Generation failed = workload.latest().generation;
  parts_.workloads.fail_rollout(name, "it was rolled back");
  parts_.changes.on_event(events::release_failed(workload, failed));
  parts_.changes.on_workload_changed(name);
  parts_.changes.reconcile(name);
  const Generation kept = workload.current_release().generation;
  return CommandResult{fmt::format("the roll-out of generation {} of '{}' has ended; generation {} "
                                   "is kept running",
                                   failed.value, name.str(), kept.value),
                       kept};
}

Result<CommandResult> CommandExecutor::carry_out(const StopWorkload& command) {
  const Result<Change> stopped = parts_.workloads.stop(command.name);
  if (!stopped) return tl::unexpected(stopped.error());
  parts_.changes.on_workload_changed(command.name);
  parts_.changes.reconcile(command.name);
  const Workload& workload = parts_.workloads.workload(command.name);
  parts_.changes.on_event(events::workload_stopped(workload));
  const auto& adopted = workload.latest().spec.instance.adopted;
  return CommandResult{
      fmt::format("'{}' is being stopped{}{}", command.name.str(),
                  adopted ? fmt::format("; container '{}' is kept", adopted->name) : "",
                  warn_of_dependents(command.name)),
      {}};
}

Result<CommandResult> CommandExecutor::carry_out(const RemoveWorkload& command) {
  const Result<Change> removed = parts_.workloads.remove(command.name);
  if (!removed) return tl::unexpected(removed.error());
  // Its last instance can be gone at once, and the workload with it.
  const std::optional<AdoptedContainer> adopted =
      parts_.workloads.workload(command.name).latest().spec.instance.adopted;
  if (*removed == Change::kChanged) {
    parts_.changes.on_workload_changed(command.name);
    parts_.changes.reconcile(command.name);
  }
  const std::string warning = warn_of_dependents(command.name);
  if (adopted) {
    return CommandResult{
        fmt::format("'{}' is being removed: container '{}' is let go, and runs on as it is{}",
                    command.name.str(), adopted->name, warning),
        {}};
  }
  return CommandResult{fmt::format("'{}' is being removed{}", command.name.str(), warning), {}};
}

}  // namespace hearth::core
