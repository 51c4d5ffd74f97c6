#pragma once

#include <map>
#include <optional>
#include <set>
#include <vector>

#include "model/record.h"

namespace hearth::sim {

/// What the manager has on disk at one instant.
class StoredState {
 public:
  void commit(const std::vector<Write>& writes);
  Snapshot snapshot() const;

  Epoch epoch() const { return epoch_; }
  const std::map<NodeName, Node>& nodes() const { return nodes_; }
  const std::map<WorkloadName, Workload>& workloads() const { return workloads_; }
  const std::map<InstanceId, Instance>& instances() const { return instances_; }

 private:
  void apply(const PutEpoch& write) { epoch_ = write.epoch; }
  void apply(const PutNode& write) { nodes_.insert_or_assign(write.node.name, write.node); }
  void apply(const PutWorkload& write) {
    workloads_.insert_or_assign(write.workload.name, write.workload);
  }
  void apply(const PutInstance& write) {
    instances_.insert_or_assign(write.instance.id, write.instance);
  }
  void apply(const DeleteInstance& write) { instances_.erase(write.id); }
  void apply(const AppendEvent& write) { last_event_seq_ = write.event.seq; }
  void apply(const AppendHistory&) {}  // No decision is made by it.
  void apply(const PutAlive& write) { alive_at_ = write.at; }

  Epoch epoch_;
  std::uint64_t last_event_seq_ = 0;
  std::optional<WallTime> alive_at_;
  std::map<NodeName, Node> nodes_;
  std::map<WorkloadName, Workload> workloads_;
  std::map<InstanceId, Instance> instances_;
};

}  // namespace hearth::sim
