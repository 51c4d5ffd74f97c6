#include "core/work/work_executor.h"

#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "base/check.h"
#include "core/dependencies/what_lacks.h"
#include "core/events/cluster_events.h"
#include "core/releases/release_executor.h"

namespace hearth::core {
namespace {

/// Carrying out a plan may require another one (a promotion, then a stop). More rounds than this
/// mean that two rules contradict each other.
constexpr int kRoundsMax = 10;

}  // namespace

void WorkExecutor::find_builders() {
  const auto is_live = [this](const NodeName& node) {
    return parts_.fleet.state_of(node) == NodeState::kLive;
  };
  const bool is_overdue = parts_.build_watch.on_tick(is_live, now_.mono);
  if (!is_overdue && !parts_.changes.has_room_changed() && !parts_.changes.has_changed_workloads())
    return;
  const std::set<WorkloadName> building = parts_.builds.building();
  for (const WorkloadName& name : building) {
    const Workload& workload = parts_.workloads.workload(name);
    if (fail_if_tried_enough(workload)) continue;
    BuildPlan plan = plan_build(workload, builder_of(workload), tries_of(name), parts_.capacity);
    const Change moved = parts_.workloads.set_builder(name, plan.builder);
    const Change waits = parts_.workloads.note_build_waits(name, std::move(plan.reason));
    if (moved == Change::kChanged || waits == Change::kChanged)
      parts_.changes.on_workload_changed(name);
  }
}

BuildTries WorkExecutor::tries_of(const WorkloadName& name) const {
  BuildTries tries;
  if (const BuildWatch::Failing* failing = parts_.build_watch.overdue(name))
    tries.builder_fails = failing->reason;
  for (const auto& [node, said] : parts_.build_watch.avoided(name)) tries.avoided.insert(node);
  return tries;
}

std::optional<BuilderView> WorkExecutor::builder_of(const Workload& workload) const {
  if (!workload.build_node) return std::nullopt;
  const NodeWatch& watch = parts_.fleet.node(*workload.build_node);
  return BuilderView{.state = watch.node().state,
                     .given_up = watch.is_given_up(),
                     .eligibility = parts_.capacity.eligibility(watch.name())};
}

bool WorkExecutor::fail_if_tried_enough(const Workload& workload) {
  const auto& nodes = parts_.build_watch.avoided(workload.name);
  if (nodes.size() < BuildWatch::kNodesTried) return false;
  std::string reason = "no node comes to build it";
  for (const auto& [node, said] : nodes) reason += fmt::format("; on '{}': {}", node.str(), said);
  const Generation generation = workload.latest().generation;
  parts_.workloads.fail_build(workload.name, reason);
  parts_.changes.on_workload_changed(workload.name);
  parts_.changes.on_event(events::workload_failed(workload.name, generation, reason));
  return true;
}

void WorkExecutor::reconcile_work() {
  std::set<WorkloadName> looked_at;
  for (int round = 0; parts_.changes.has_work_due(); ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    if (parts_.changes.take_room_changed()) {
      for (const InstanceId& id : parts_.instances.unplaced())
        parts_.changes.reconcile(parts_.instances.instance(id).workload);
      parts_.changes.reconcile(parts_.backlog.workloads());
      looked_at.insert(parts_.warm_images.lacking().begin(), parts_.warm_images.lacking().end());
    }
    const std::set<WorkloadName> due = parts_.changes.take_work_due();
    for (const WorkloadName& name : due) reconcile_workload(name);
    looked_at.insert(due.begin(), due.end());
  }
  looked_at.merge(parts_.changes.take_warm_images_due());
  for (const WorkloadName& name : looked_at) review_warm_image(name);
}

void WorkExecutor::reconcile_workload(const WorkloadName& name) {
  const Workload* workload = parts_.workloads.find(name);
  if (workload == nullptr) return;
  parts_.backlog.clear(name);
  restart_if_asked(name);
  InstancePlacer placer = this->placer();
  const auto state_of = [this](const NodeName& node) { return parts_.fleet.state_of(node); };
  const ReconcileView view{
      .state_of = state_of,
      .is_overdue = [this](const InstanceId& id) { return parts_.starts.is_overdue(id); },
      .may_replace = parts_.budget.allows(name),
      .must_wait = workload->target() != nullptr && !placer.lacks(*workload->target()).empty()};
  ReleaseExecutor releases({.workloads = parts_.workloads, .changes = parts_.changes});
  bool changed = true;
  for (int round = 0; changed; ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    changed = releases.review_rollout(name, parts_.instances.rows_of(name));
    changed =
        carry_out(reconcile(*workload, parts_.instances.rows_of(name), view), name) || changed;
  }
  placer.place_pending(name);
  releases.forget(name, parts_.instances.rows_of(name));
  const bool is_gone =
      workload->phase == WorkloadPhase::kRemoving && parts_.instances.of_workload(name).empty();
  if (!is_gone) return;
  parts_.changes.on_event(events::workload_removed(*workload, parts_.dependents.of(name)));
  parts_.workloads.retire(name);
  parts_.changes.on_workload_changed(name);
}

InstancePlacer WorkExecutor::placer() {
  return {{.fleet = parts_.fleet,
           .workloads = parts_.workloads,
           .instances = parts_.instances,
           .capacity = parts_.capacity,
           .starts = parts_.starts,
           .budget = parts_.budget,
           .waits = parts_.waits,
           .backlog = parts_.backlog,
           .changes = parts_.changes},
          now_};
}

/// Restarts the workload if a dependency was restarted and is ready again. It is a release like
/// any other, so a workload that is not deployed, or has failed, is not touched; and it counts
/// against the budget of replacements, so that a dependency that fails again and again does not
/// keep it from running.
void WorkExecutor::restart_if_asked(const WorkloadName& name) {
  const std::optional<WorkloadName> dependency = parts_.waits.restart_of(name);
  if (!dependency) return;
  const Workload& workload = parts_.workloads.workload(name);
  const bool is_ended =
      workload.phase == WorkloadPhase::kStopped || workload.phase == WorkloadPhase::kRemoving;
  if (is_ended) return parts_.waits.end_restart(name);
  if (workload.phase != WorkloadPhase::kDeployed || !parts_.budget.allows(name)) return;
  const auto found = parts_.workloads.rows().find(*dependency);
  const Workload* needed = found == parts_.workloads.rows().end() ? nullptr : &found->second;
  const bool is_busy = needed != nullptr && needed->phase == WorkloadPhase::kRollingOut;
  const std::string lacks =
      what_lacks({.workload = *dependency}, needed, parts_.instances.rows_of(*dependency));
  if (is_busy || !lacks.empty()) return;
  const Result<Deployment> restart = parts_.workloads.restart(
      {.name = name, .by = "restart_with_it of " + dependency->str()}, now_.wall);
  HEARTH_CHECK(restart.has_value());  // It is deployed.
  parts_.waits.end_restart(name);
  parts_.budget.spend(name, now_.mono);
  if (!parts_.budget.allows(name)) parts_.changes.on_event(events::budget_spent(name));
  parts_.changes.on_event(events::restarted_with(name, *dependency));
  ReleaseExecutor({.workloads = parts_.workloads, .changes = parts_.changes}).begin(name, *restart);
}

/// Returns true if anything changed.
bool WorkExecutor::carry_out(const WorkPlan& plan, const WorkloadName& name) {
  for (const InstanceId& id : plan.forget) parts_.changes.on(parts_.instances.forget(id));
  for (const InstanceId& id : plan.stop) parts_.changes.on(parts_.instances.stop(id));
  for (const InstanceId& id : plan.hold) parts_.changes.on(parts_.instances.hold(id));
  bool changed = !plan.forget.empty() || !plan.stop.empty() || !plan.hold.empty();
  InstancePlacer placer = this->placer();
  for (const InstanceId& id : plan.promote) changed = placer.promote(id) || changed;
  for (const NewInstance& wanted : plan.create) changed = placer.create(wanted, name) || changed;
  return changed;
}

void WorkExecutor::review_warm_image(const WorkloadName& name) {
  const auto is_live = [this](const NodeName& node) {
    return parts_.fleet.state_of(node) == NodeState::kLive;
  };
  parts_.changes.assign(parts_.warm_images.review(
      name, parts_.workloads.find(name),
      {.instances = parts_.instances, .capacity = parts_.capacity, .is_live = is_live}));
}

}  // namespace hearth::core
