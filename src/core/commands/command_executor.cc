#include "core/commands/command_executor.h"

#include <set>
#include <variant>

#include <fmt/format.h>

#include "core/events/cluster_events.h"

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
  const Result<Deployment> deployment = parts_.workloads.deploy(command);
  if (!deployment) return tl::unexpected(deployment.error());
  parts_.changes.on_event(events::workload_deploying(command, deployment->generation));
  parts_.changes.on_workload_changed(command.name);
  if (const std::optional<Image>& image = deployment->image) {
    parts_.workloads.finish_build(command.name, *image);
    parts_.changes.on_workload_changed(command.name);
    parts_.changes.reconcile(command.name);
  }
  return CommandResult{fmt::format("generation {} of '{}' is being deployed",
                                   deployment->generation.value, command.name.str()),
                       deployment->generation};
}

Result<CommandResult> CommandExecutor::carry_out(const StopWorkload& command) {
  const Result<Change> stopped = parts_.workloads.stop(command.name);
  if (!stopped) return tl::unexpected(stopped.error());
  parts_.changes.on_workload_changed(command.name);
  parts_.changes.reconcile(command.name);
  parts_.changes.on_event(events::workload_stopped(command.name));
  return CommandResult{fmt::format("'{}' is being stopped", command.name.str()), {}};
}

Result<CommandResult> CommandExecutor::carry_out(const RemoveWorkload& command) {
  const Result<Change> removed = parts_.workloads.remove(command.name);
  if (!removed) return tl::unexpected(removed.error());
  if (*removed == Change::kChanged) {
    parts_.changes.on_workload_changed(command.name);
    parts_.changes.reconcile(command.name);
  }
  return CommandResult{fmt::format("'{}' is being removed", command.name.str()), {}};
}

}  // namespace hearth::core
