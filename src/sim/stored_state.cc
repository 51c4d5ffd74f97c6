#include "sim/stored_state.h"

namespace hearth::sim {

void StoredState::commit(const std::vector<Write>& writes) {
  for (const Write& write : writes) {
    std::visit([this](const auto& one) { apply(one); }, write);
  }
}

Snapshot StoredState::snapshot() const {
  Snapshot snapshot{.epoch = epoch_, .last_event_seq = last_event_seq_, .alive_at = alive_at_};
  for (const auto& [name, node] : nodes_) snapshot.nodes.push_back(node);
  for (const auto& [name, workload] : workloads_) snapshot.workloads.push_back(workload);
  for (const auto& [id, instance] : instances_) snapshot.instances.push_back(instance);
  return snapshot;
}

}  // namespace hearth::sim
