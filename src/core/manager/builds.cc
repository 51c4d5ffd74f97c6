// From bundle to image: each built once, on one node.

#include <fmt/format.h>

#include "base/check.h"
#include "core/manager/manager.h"
#include "core/manager/node_record.h"

namespace hearth::core {

void Manager::take_build(const NodeName& node, const BuildStatus& build) {
  const auto found = workloads_.find(build.workload);
  if (found == workloads_.end()) return;
  Workload& workload = found->second;
  const bool ours = workload.phase == WorkloadPhase::kBuilding && workload.build_node == node &&
                    workload.next && workload.next->generation == build.generation;
  if (!ours) return;
  switch (build.state) {
    case BuildState::kRunning: return;
    case BuildState::kDone: {
      tell(EventType::kWorkloadBuilt, "workload/" + workload.name.str(),
           fmt::format("generation {} of '{}' was built on '{}'", build.generation.value,
                       workload.name.str(), node.str()));
      std::string reference = image_reference(workload.name, *workload.next, node);
      if (build.reference.starts_with(reference)) reference = build.reference;
      return finish_build(workload, {.reference = std::move(reference), .archive = build.archive});
    }
    case BuildState::kFailed:
      workload.phase = WorkloadPhase::kFailed;
      workload.reason = build.reason;
      workload.build_node.reset();
      workloads_touched_.insert(workload.name);
      assignments_due_.insert(node);
      tell(EventType::kWorkloadFailed, "workload/" + workload.name.str(),
           fmt::format("generation {} of '{}' did not build: {}", build.generation.value,
                       workload.name.str(), build.reason));
      return;
  }
}

void Manager::finish_build(Workload& workload, Image image) {
  workload.current = std::move(workload.next);
  workload.next.reset();
  workload.current->image = std::move(image);
  workload.phase = WorkloadPhase::kDeployed;
  workload.reason.clear();
  if (workload.build_node) assignments_due_.insert(*workload.build_node);
  workload.build_node.reset();
  workloads_touched_.insert(workload.name);
  work_due_.insert(workload.name);
}

/// Gives each build a node, and another one where its node was lost.
void Manager::find_builders() {
  if (!capacity_changed_ && workloads_touched_.empty()) return;
  for (auto& [name, workload] : workloads_) {
    if (workload.phase == WorkloadPhase::kBuilding) find_builder(workload);
  }
}

void Manager::find_builder(Workload& workload) {
  const std::optional<NodeName> before = workload.build_node;
  const std::string stuck = before ? stuck_builder(workload) : "";
  std::string reason;
  if (!before || !stuck.empty()) {
    const Result<NodeName> node =
        choose(candidates(),
               {.workload = workload.name, .resources = {}, .image = "", .other_than = before});
    if (node) {
      workload.build_node = *node;
      ++candidates().at(*node).instances;
    } else {
      const bool gone = before && record_of(*before)->node.state == NodeState::kDead;
      if (gone) workload.build_node.reset();
      reason = before ? fmt::format("its builder '{}' is {}, and {}", before->str(), stuck,
                                    node.error().message)
                      : node.error().message;
    }
  }
  if (workload.build_node == before && workload.reason == reason) return;
  workload.reason = std::move(reason);
  workloads_touched_.insert(workload.name);
  if (workload.build_node == before) return;
  if (before) assignments_due_.insert(*before);
  if (workload.build_node) assignments_due_.insert(*workload.build_node);
}

/// Why the build cannot go on where it is, in words; empty if it may. A node that is merely
/// suspect, in trouble, without its agent or out of the bus's reach has its time first. One that
/// heard of the order before the bus was cut may be building.
std::string Manager::stuck_builder(const Workload& workload) const {
  const NodeRecord& record = nodes_.at(*workload.build_node);
  switch (record.node.state) {
    case NodeState::kDead: return unusable(record);
    case NodeState::kLive:
    case NodeState::kUnreachable: return record.given_up ? unusable(record) : "";
    case NodeState::kAwaited:
    case NodeState::kSuspect:
    case NodeState::kAgentDown: return {};
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::core
