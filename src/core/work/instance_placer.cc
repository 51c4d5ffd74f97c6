#include "core/work/instance_placer.h"

#include <vector>

#include "base/check.h"
#include "core/dependencies/what_lacks.h"
#include "core/events/cluster_events.h"
#include "core/events/instance_events.h"

namespace hearth::core {

bool InstancePlacer::create(const NewInstance& wanted, const WorkloadName& name) {
  const Workload& workload = parts_.workloads.workload(name);
  const Release& release = *workload.target();
  const std::optional<InstanceId> replaced = wanted.replaces();
  const Instance* old = replaced ? parts_.instances.find(*replaced) : nullptr;
  const bool is_tried = wanted.move && wanted.move->reason == MoveReason::kCrashLoop;
  const bool was_tried =
      old != nullptr && old->is_last_try && old->generation == release.generation;
  Instance instance{.id = make_instance_id(name, workload.next_instance),
                    .workload = name,
                    .generation = release.generation,
                    .node = std::nullopt,
                    .desired_state = wanted.desired_state(),
                    .image = release.built_image(),
                    .reservation = reservation_of(release),
                    .status = {},
                    .replaces = replaced,
                    .is_last_try = is_tried || was_tried,
                    .changed_at = now_.wall};
  if (const Result<NodeName> node = find_node_for(instance)) {
    instance.node = *node;
    instance.status.state = InstanceState::kAssigned;
  } else {
    if (wanted.needs_room_now()) {
      parts_.waits.end_wait(instance.id);
      parts_.backlog.note(name);
      return false;
    }
    instance.status.state = InstanceState::kPending;
    instance.status.reason = node.error().message;
  }
  (void)parts_.workloads.take_instance_number(name);
  const bool is_budgeted =
      is_tried || (wanted.move && wanted.move->reason == MoveReason::kDegraded);
  if (is_budgeted) {
    parts_.budget.spend(name, now_.mono);
    if (!parts_.budget.allows(name)) parts_.changes.on_event(events::budget_spent(name));
  }
  parts_.changes.on_workload_changed(name);
  const InstanceId id = instance.id;
  const bool is_placed = instance.node.has_value();
  parts_.changes.on(parts_.instances.add(std::move(instance)));
  if (is_placed) note_start(id);
  return true;
}

bool InstancePlacer::promote(const InstanceId& id) {
  const Instance& instance = parts_.instances.instance(id);
  if (must_wait(instance, lacks(release_of(instance)))) return false;
  parts_.changes.on(parts_.instances.promote(id));
  note_start(id);
  return true;
}

void InstancePlacer::place_pending(const WorkloadName& name) {
  const std::vector<InstanceId> ids = parts_.instances.of_workload(name);
  for (const InstanceId& id : ids) {
    const Instance& instance = parts_.instances.instance(id);
    if (instance.node || instance.desired_state == DesiredState::kStop) continue;
    if (const Result<NodeName> node = find_node_for(instance)) {
      parts_.changes.on(parts_.instances.place(id, *node, now_.wall));
      note_start(id);
    } else if (const auto change = parts_.instances.note_waiting(id, node.error().message)) {
      parts_.changes.on(*change);
    }
  }
}

std::string InstancePlacer::lacks(const Release& release) const {
  return what_lacks(release.spec.after, parts_.workloads.rows(),
                    [this](const WorkloadName& name) { return parts_.instances.rows_of(name); });
}

const Release& InstancePlacer::release_of(const Instance& instance) const {
  const Release* release =
      parts_.workloads.workload(instance.workload).find_release(instance.generation);
  HEARTH_CHECK(release != nullptr);  // The releases of instances are kept.
  return *release;
}

/// Whether it takes the place of an instance that ran, so that what it starts after was there.
bool InstancePlacer::ran_before(const Instance& instance) const {
  const Instance* old = instance.replaces ? parts_.instances.find(*instance.replaces) : nullptr;
  if (old == nullptr || !old->node) return false;
  return old->generation == instance.generation ||
         parts_.fleet.state_of(*old->node) == NodeState::kDead;
}

bool InstancePlacer::must_wait(const Instance& instance, const std::string& lacks) {
  if (lacks.empty()) {
    parts_.waits.end_wait(instance.id);
    return false;
  }
  return !ran_before(instance) ||
         !parts_.waits.note_wait(instance.id, instance.workload, now_.mono);
}

/// It starts now: with what it starts after, or because it has waited for long enough.
void InstancePlacer::note_start(const InstanceId& id) {
  const Instance& instance = parts_.instances.instance(id);
  if (instance.desired_state != DesiredState::kRun) return;
  const std::string lacking = lacks(release_of(instance));
  if (!lacking.empty()) {
    parts_.changes.on_event(events::starts_without(instance, lacking, DependencyWatch::kWaitMax));
  }
  parts_.waits.end_wait(id);
}

Result<NodeName> InstancePlacer::find_node_for(const Instance& instance) {
  const Release& release = release_of(instance);
  // What is only staged does not start.
  if (instance.desired_state == DesiredState::kRun) {
    const std::string lacking = lacks(release);
    if (must_wait(instance, lacking))
      return fail(ErrorCode::kUnavailable, "it waits for " + lacking);
  }
  PlacementRequest request = request_of(instance);
  request.holdings = holdings_of(release.spec.instance.container);
  for (const auto& [node, reason] : parts_.starts.avoided(instance.workload, instance.generation))
    request.avoid.insert(node);
  const Instance* old = instance.replaces ? parts_.instances.find(*instance.replaces) : nullptr;
  const bool is_stuck = old != nullptr && parts_.starts.is_overdue(old->id);
  request.only_on = release.spec.node;
  if (old != nullptr && old->node) {
    const bool is_live = parts_.fleet.state_of(*old->node) == NodeState::kLive;
    const bool is_bound = release.spec.on_node_lost == NodeLossPolicy::kStay;
    if (is_bound && !request.only_on) request.only_on = old->node;
    if (request.only_on == old->node) request.freed = old->reservation.resources;
    const bool must_leave = instance.is_last_try || (!is_live && !request.only_on);
    (must_leave ? request.other_than : request.successor_on) = old->node;
  }
  Result<NodeName> found = parts_.capacity.choose(request);
  // A node that failed before is better than none, unless it is the one that must be left.
  if (found || request.avoid.empty() || is_stuck) return found;
  request.avoid.clear();
  return parts_.capacity.choose(request);
}

}  // namespace hearth::core
