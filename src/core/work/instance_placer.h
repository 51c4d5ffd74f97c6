#pragma once

#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/batch/changes.h"
#include "core/dependencies/dependency_watch.h"
#include "core/fleet/fleet.h"
#include "core/instances/instance_table.h"
#include "core/moves/move_backlog.h"
#include "core/moves/replacement_budget.h"
#include "core/placement/capacity_table.h"
#include "core/reconcile/reconcile.h"
#include "core/rollout/start_watch.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

/// Creates instances and gives them nodes: as soon as one has room, and what the instance starts
/// after is there.
///
/// Holds references for one step. Sans-io, not thread-safe.
class InstancePlacer {
 public:
  struct Parts {
    const Fleet& fleet;
    WorkloadCatalog& workloads;
    InstanceTable& instances;
    const CapacityTable& capacity;
    const StartWatch& starts;
    ReplacementBudget& budget;
    DependencyWatch& waits;
    MoveBacklog& backlog;
    Changes& changes;
  };

  InstancePlacer(Parts parts, Instant now) : parts_(parts), now_(now) {}

  /// Returns false if no node has room and the instance is only worth creating with one.
  bool create(const NewInstance& wanted, const WorkloadName& name);
  /// Lets a staged instance run. Returns false if it has to wait.
  bool promote(const InstanceId& id);
  /// Places what has no node, or notes why it has none.
  void place_pending(const WorkloadName& name);
  /// What the release starts after and is not there, in words that follow "waits for"; empty:
  /// nothing.
  std::string lacks(const Release& release) const;

 private:
  Result<NodeName> find_node_for(const Instance& instance);
  bool must_wait(const Instance& instance, const std::string& lacks);
  bool ran_before(const Instance& instance) const;
  const Release& release_of(const Instance& instance) const;
  void note_start(const InstanceId& id);

  Parts parts_;
  Instant now_;
};

}  // namespace hearth::core
