// From bundle to image: each built once, on one node.

#include <fmt/format.h>

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
      Image image{.reference = image_reference(workload.name, *workload.next, node),
                  .archive = build.archive};
      return finish_build(workload, std::move(image));
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
    if (workload.phase != WorkloadPhase::kBuilding) continue;
    if (workload.build_node) {
      const NodeRecord* record = record_of(*workload.build_node);
      if (record != nullptr && record->node.state != NodeState::kDead) continue;
    }
    const Result<NodeName> node =
        place(candidates(), {.workload = name, .resources = {}, .image = ""});
    if (!node && workload.reason == node.error().message && !workload.build_node) continue;
    workload.build_node.reset();
    workload.reason.clear();
    if (node) {
      workload.build_node = *node;
      assignments_due_.insert(*node);
    } else {
      workload.reason = node.error().message;
    }
    workloads_touched_.insert(name);
  }
}

}  // namespace hearth::core
