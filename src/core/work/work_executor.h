#pragma once

#include <optional>

#include "base/result.h"
#include "base/time.h"
#include "core/batch/changes.h"
#include "core/builds/build_board.h"
#include "core/builds/build_watch.h"
#include "core/dependencies/dependency_watch.h"
#include "core/dependencies/dependents.h"
#include "core/fleet/fleet.h"
#include "core/instances/instance_table.h"
#include "core/moves/move_backlog.h"
#include "core/moves/replacement_budget.h"
#include "core/placement/capacity_table.h"
#include "core/reconcile/reconcile.h"
#include "core/rollout/start_watch.h"
#include "core/warm_images/warm_images.h"
#include "core/work/instance_placer.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

/// Carries out the decisions about work: gives builds a node, computes and executes the plan of
/// each workload, restarts what is to be restarted with another one, keeps images warm.
///
/// Examines only what Changes has marked, so that a step costs what it changes, not what exists.
/// Holds references for one step. Sans-io, not thread-safe.
class WorkExecutor {
 public:
  struct Parts {
    const Fleet& fleet;
    WorkloadCatalog& workloads;
    InstanceTable& instances;
    WarmImages& warm_images;
    const BuildBoard& builds;
    BuildWatch& build_watch;
    const CapacityTable& capacity;
    const StartWatch& starts;
    const Dependents& dependents;
    ReplacementBudget& budget;
    DependencyWatch& waits;
    MoveBacklog& backlog;
    Changes& changes;
  };

  WorkExecutor(Parts parts, Instant now) : parts_(parts), now_(now) {}

  /// Gives each build a node, and another one if its node was lost or has failed for too long.
  /// Fails a release that several nodes could not build.
  void find_builders();
  /// Reconciles all work that is marked.
  void reconcile_work();

 private:
  bool fail_if_tried_enough(const Workload& workload);
  BuildTries tries_of(const WorkloadName& name) const;
  std::optional<BuilderView> builder_of(const Workload& workload) const;
  void reconcile_workload(const WorkloadName& name);
  bool carry_out(const WorkPlan& plan, const WorkloadName& name);
  void restart_if_asked(const WorkloadName& name);
  InstancePlacer placer();
  void review_warm_image(const WorkloadName& name);

  Parts parts_;
  Instant now_;
};

}  // namespace hearth::core
