#include "core/batch/changes.h"

#include <iterator>
#include <tuple>

#include <fmt/format.h>

#include "base/check.h"
#include "base/shortened.h"
#include "core/events/instance_events.h"
#include "core/history/instance_entry.h"

namespace hearth::core {
namespace {

/// Only the reason why it has no node changed.
bool only_waits_otherwise(const InstanceChange& change) {
  return change.before && change.after && !change.before->node && !change.after->node &&
         change.before->desired_state == change.after->desired_state;
}

bool is_assigned_otherwise(const InstanceChange& change) {
  return !change.before || !change.after || change.before->node != change.after->node ||
         change.before->desired_state != change.after->desired_state;
}

/// Whether what waits for its workload may start, or no longer.
bool serves_otherwise(const InstanceChange& change) {
  const auto serves = [](const std::optional<Instance>& instance) {
    const bool is_kept = instance && instance->desired_state == DesiredState::kRun;
    const bool runs = is_kept && instance->status.state == InstanceState::kRunning;
    const bool is_complete = is_kept && instance->status.state == InstanceState::kCompleted;
    return std::tuple(runs, is_complete, is_kept && instance->is_ready());
  };
  return serves(change.before) != serves(change.after);
}

/// Its node restarts it because it failed.
bool fails_anew(const InstanceChange& change) {
  return change.before && change.after &&
         change.after->status.failures > change.before->status.failures;
}

bool gives_room_back(const InstanceChange& change) {
  return change.before && change.after && change.after->node &&
         change.before->desired_state != DesiredState::kStop &&
         change.after->desired_state == DesiredState::kStop;
}

}  // namespace

void Changes::begin(Instant now) {
  HEARTH_CHECK(is_empty());
  now_ = now;
  marked_ = 0;
}

void Changes::on(const InstanceChange& change) {
  const Instance& instance = change.either();
  const Release& release = release_of(instance);
  const Holdings holdings = holdings_of(release.spec.instance.container);
  const Instance* before = change.before ? &*change.before : nullptr;
  const Instance* after = change.after ? &*change.after : nullptr;
  tables_.capacity.follow(before, after, holdings);
  tables_.starts.follow(before, after, release.spec.placement_deadline, now_.mono);
  if (after == nullptr) tables_.waits.end_wait(instance.id);
  mark(instances_, instance.id);
  for (const EventDraft& event : events::of(change, tables_.instances)) on_event(event);
  note_history(change);
  if (only_waits_otherwise(change)) return;
  reconcile(instance.workload);
  if (serves_otherwise(change)) reconcile(tables_.dependents.of(instance.workload));
  const Workload& workload = tables_.workloads.record(instance.workload);
  const bool is_restarted = fails_anew(change) && workload.phase == WorkloadPhase::kDeployed &&
                            release.spec.kind != WorkloadKind::kOneshot;
  if (is_restarted) on_restarted(instance.workload);
  if (instance.node && is_assigned_otherwise(change)) assign(*instance.node);
  const bool lets_go = after == nullptr && instance.node && !holdings.empty();
  if (gives_room_back(change) || lets_go) on_room_changed();
}

const Release& Changes::release_of(const Instance& instance) const {
  const Release* release =
      tables_.workloads.record(instance.workload).find_release(instance.generation);
  HEARTH_CHECK(release != nullptr);  // The releases of instances are kept.
  return *release;
}

void Changes::on_restarted(const WorkloadName& name) {
  for (const WorkloadName& dependent : tables_.dependents.of(name)) {
    const Workload& workload = tables_.workloads.record(dependent);
    if (!workload.current) continue;
    for (const Dependency& one : workload.current->spec.after) {
      if (one.workload != name || !one.restart_with_it) continue;
      tables_.waits.ask_restart(dependent, name);
      reconcile(dependent);
    }
  }
}

void Changes::note_history(const InstanceChange& change) {
  std::optional<HistoryEntry> entry = entry_of(change, now_.wall);
  if (!entry || !entry->instance || !entry->workload) return;
  std::string cause = fmt::format("'{}' is {}", entry->instance->str(), name_of(entry->condition));
  if (!entry->cause.empty()) cause += ": " + entry->cause;
  causes_.insert_or_assign(*entry->workload, shortened(cause, kHistoryCauseBytesMax));
  on_history(*std::move(entry));
}

/// At the end of the step, so that what changes and changes back within it leaves no entry.
void Changes::review_conditions() {
  for (const auto& [name, cause] : std::exchange(causes_, {})) {
    if (auto entry = conditions_.review(name, cause, now_.wall)) on_history(*std::move(entry));
  }
}

void Changes::on_workload_changed(const WorkloadName& name) {
  mark(workloads_, name);
  causes_.try_emplace(name);
  const Workload& workload = tables_.workloads.record(name);
  tables_.dependents.follow(workload);
  reconcile(tables_.dependents.of(name));
  tables_.build_watch.follow(workload);
  const std::optional<BuilderChange> builder = tables_.builds.follow(workload);
  if (!builder) return;
  if (builder->before) {
    tables_.capacity.remove_build(*builder->before);
    assign(*builder->before);
  }
  if (builder->after) {
    tables_.capacity.add_build(*builder->after);
    assign(*builder->after);
  }
}

void Changes::on_event(const EventDraft& draft) {
  ClusterEvent event{.seq = ++event_seq_,
                     .at = now_.wall,
                     .type = draft.type,
                     .subject = draft.subject,
                     .message = draft.message};
  writes_.emplace_back(AppendEvent{event});
  emit(PublishEvent{std::move(event)});
}

ManagerBatch Changes::take_batch(Fleet& fleet) {
  review_conditions();
  ManagerBatch batch;
  for (const NodeName& name : fleet.take_changed()) {
    batch.writes.emplace_back(PutNode{fleet.node(name).node()});
  }
  for (const WorkloadName& name : std::exchange(workloads_, {})) {
    batch.writes.emplace_back(PutWorkload{tables_.workloads.record(name)});
  }
  for (const InstanceId& id : std::exchange(instances_, {})) {
    if (const Instance* instance = tables_.instances.find(id)) {
      batch.writes.emplace_back(PutInstance{*instance});
    } else {
      batch.writes.emplace_back(DeleteInstance{id});
    }
  }
  batch.writes.insert(batch.writes.end(), std::make_move_iterator(writes_.begin()),
                      std::make_move_iterator(writes_.end()));
  writes_.clear();
  batch.actions = std::exchange(actions_, {});
  return batch;
}

bool Changes::is_empty() const {
  return writes_.empty() && actions_.empty() && workloads_.empty() && instances_.empty() &&
         causes_.empty() && work_due_.empty() && warm_images_due_.empty() &&
         assignments_due_.empty() && !room_changed_;
}

}  // namespace hearth::core
