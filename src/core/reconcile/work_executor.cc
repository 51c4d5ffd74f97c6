#include "core/reconcile/work_executor.h"

#include <set>
#include <vector>

#include "base/check.h"
#include "core/events/cluster_events.h"
#include "core/releases/release_executor.h"

namespace hearth::core {
namespace {

/// Carrying out a plan may require another one (a promotion, then a stop). More rounds than this
/// mean that two rules contradict each other.
constexpr int kRoundsMax = 10;

}  // namespace

void WorkExecutor::find_builders() {
  if (!parts_.changes.has_room_changed() && !parts_.changes.has_changed_workloads()) return;
  const std::set<WorkloadName> building = parts_.builds.building();
  for (const WorkloadName& name : building) {
    const Workload& workload = parts_.workloads.workload(name);
    std::optional<BuilderView> builder;
    if (workload.build_node) {
      const NodeWatch& watch = parts_.fleet.node(*workload.build_node);
      builder = {.state = watch.node().state,
                 .given_up = watch.is_given_up(),
                 .eligibility = parts_.capacity.eligibility(watch.name())};
    }
    BuildPlan plan = plan_build(workload, builder, parts_.capacity);
    const Change moved = parts_.workloads.set_builder(name, plan.builder);
    const Change waits = parts_.workloads.note_build_waits(name, std::move(plan.reason));
    if (moved == Change::kChanged || waits == Change::kChanged)
      parts_.changes.on_workload_changed(name);
  }
}

void WorkExecutor::reconcile_work() {
  std::set<WorkloadName> looked_at;
  for (int round = 0; parts_.changes.has_work_due(); ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    if (parts_.changes.take_room_changed()) {
      for (const InstanceId& id : parts_.instances.unplaced())
        parts_.changes.reconcile(parts_.instances.instance(id).workload);
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
  const auto state_of = [this](const NodeName& node) { return parts_.fleet.state_of(node); };
  const ReconcileView view{
      .state_of = state_of,
      .is_overdue = [this](const InstanceId& id) { return parts_.starts.is_overdue(id); },
      .may_replace = parts_.budget.allows(name)};
  ReleaseExecutor releases({.workloads = parts_.workloads, .changes = parts_.changes});
  bool changed = true;
  for (int round = 0; changed; ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    changed = releases.review_rollout(name, instances_of(name));
    changed = carry_out(reconcile(*workload, instances_of(name), view), name) || changed;
  }
  place_pending(name);
  releases.forget(name, instances_of(name));
  const bool is_gone =
      workload->phase == WorkloadPhase::kRemoving && parts_.instances.of_workload(name).empty();
  if (!is_gone) return;
  parts_.changes.on_event(events::workload_removed(*workload));
  parts_.workloads.retire(name);
  parts_.changes.on_workload_changed(name);
}

std::vector<const Instance*> WorkExecutor::instances_of(const WorkloadName& name) const {
  std::vector<const Instance*> instances;
  for (const InstanceId& id : parts_.instances.of_workload(name))
    instances.push_back(&parts_.instances.instance(id));
  return instances;
}

/// Returns true if anything changed.
bool WorkExecutor::carry_out(const WorkPlan& plan, const WorkloadName& name) {
  for (const InstanceId& id : plan.forget) parts_.changes.on(parts_.instances.forget(id));
  for (const InstanceId& id : plan.stop) parts_.changes.on(parts_.instances.stop(id));
  for (const InstanceId& id : plan.promote) parts_.changes.on(parts_.instances.promote(id));
  for (const InstanceId& id : plan.hold) parts_.changes.on(parts_.instances.hold(id));
  bool changed =
      !plan.forget.empty() || !plan.stop.empty() || !plan.promote.empty() || !plan.hold.empty();
  for (const NewInstance& wanted : plan.create) changed = create(wanted, name) || changed;
  return changed;
}

/// Returns false if no node has room and the instance is only worth creating with one.
bool WorkExecutor::create(const NewInstance& wanted, const WorkloadName& name) {
  const Workload& workload = parts_.workloads.workload(name);
  const Release& release = *workload.target();
  Instance instance{.id = make_instance_id(name, workload.next_instance),
                    .workload = name,
                    .generation = release.generation,
                    .node = std::nullopt,
                    .desired_state = wanted.desired_state(),
                    .image = release.built_image(),
                    .reservation = reservation_of(release),
                    .status = {},
                    .replaces = wanted.replaces(),
                    .changed_at = now_.wall};
  if (const Result<NodeName> node = find_node_for(instance)) {
    instance.node = *node;
    instance.status.state = InstanceState::kAssigned;
  } else {
    if (instance.desired_state == DesiredState::kStage) return false;
    instance.status.state = InstanceState::kPending;
    instance.status.reason = node.error().message;
  }
  (void)parts_.workloads.take_instance_number(name);
  if (wanted.move && wanted.move->reason == MoveReason::kDegraded) note_replacement(name);
  parts_.changes.on_workload_changed(name);
  parts_.changes.on(parts_.instances.add(std::move(instance)));
  return true;
}

void WorkExecutor::note_replacement(const WorkloadName& name) {
  parts_.budget.spend(name, now_.mono);
  if (!parts_.budget.allows(name)) parts_.changes.on_event(events::budget_spent(name));
}

void WorkExecutor::place_pending(const WorkloadName& name) {
  const std::vector<InstanceId> ids = parts_.instances.of_workload(name);
  for (const InstanceId& id : ids) {
    const Instance& instance = parts_.instances.instance(id);
    if (instance.node || instance.desired_state == DesiredState::kStop) continue;
    if (const Result<NodeName> node = find_node_for(instance)) {
      parts_.changes.on(parts_.instances.place(id, *node, now_.wall));
    } else if (const auto change = parts_.instances.note_waiting(id, node.error().message)) {
      parts_.changes.on(*change);
    }
  }
}

Result<NodeName> WorkExecutor::find_node_for(const Instance& instance) const {
  const Workload& workload = parts_.workloads.workload(instance.workload);
  PlacementRequest request = request_of(instance);
  for (const auto& [node, reason] : parts_.starts.avoided(instance.workload, instance.generation))
    request.avoid.insert(node);
  const Instance* old = instance.replaces ? parts_.instances.find(*instance.replaces) : nullptr;
  const bool is_stuck = old != nullptr && parts_.starts.is_overdue(old->id);
  if (old != nullptr) {
    const bool is_live = parts_.fleet.state_of(old->placed_on()) == NodeState::kLive;
    if (workload.target()->spec.on_node_lost == NodeLossPolicy::kStay) {
      request.only_on = old->node;
      request.freed = old->reservation.resources;
    }
    (is_live || request.only_on ? request.successor_on : request.other_than) = old->node;
  }
  Result<NodeName> found = parts_.capacity.choose(request);
  // A node that failed before is better than none, unless it is the one that must be left.
  if (found || request.avoid.empty() || is_stuck) return found;
  request.avoid.clear();
  return parts_.capacity.choose(request);
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
