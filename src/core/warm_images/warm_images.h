#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>

#include "core/instances/instance_table.h"
#include "core/placement/capacity_table.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

/// Which node holds the image of a workload without running it: one node more than needed, so that
/// a failover starts at once. Sans-io, not thread-safe.
class WarmImages {
 public:
  struct State {
    std::map<WorkloadName, NodeName> holders;
    std::set<WorkloadName> lacking;
    bool operator==(const State&) const = default;
  };
  /// The input of a review. `is_live`: whether a node is live.
  struct View {
    const InstanceTable& instances;
    const CapacityTable& capacity;
    const std::function<bool(const NodeName&)>& is_live;
  };

  WarmImages() = default;
  explicit WarmImages(State state);
  const State& save() const { return state_; }

  /// Keeps the holder of the workload's image if it is well; finds another one otherwise.
  /// `workload`: nullptr if it is gone. Returns the nodes whose assignments may have changed.
  std::set<NodeName> review(const WorkloadName& name, const Workload* workload, const View& view);

  std::optional<NodeName> holder_of(const WorkloadName& name) const;
  const std::set<WorkloadName>& held_by(const NodeName& node) const;
  /// Workloads that need a holder and found none: to be reviewed when there is room.
  const std::set<WorkloadName>& lacking() const { return state_.lacking; }

  void check_invariants() const;

 private:
  void drop(const WorkloadName& name, const NodeName& node);

  State state_;
  std::map<NodeName, std::set<WorkloadName>> held_by_;
};

}  // namespace hearth::core
