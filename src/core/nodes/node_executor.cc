#include "core/nodes/node_executor.h"

#include <algorithm>
#include <optional>
#include <set>
#include <utility>

#include "base/check.h"
#include "core/events/cluster_events.h"
#include "core/events/instance_events.h"
#include "core/events/node_events.h"

namespace hearth::core {

void NodeExecutor::add(const NodeEntry& entry) {
  NodeWatch& watch = parts_.fleet.add({.name = entry.name,
                                       .display_name = entry.display_name,
                                       .agent = entry.agent,
                                       .port_named = entry.names_port,
                                       .changed_at = now_.wall},
                                      now_.mono);
  parts_.fleet.mark_changed(entry.name);
  parts_.assignments.add_node(entry.name);
  parts_.capacity.add_node(entry.name);
  parts_.changes.assign(entry.name);
  parts_.changes.emit(WatchNode{entry.name});
  parts_.changes.on_event(events::node_imported(watch.node()));
  settle(watch);
}

bool NodeExecutor::update(NodeWatch& watch, const NodeEntry& entry) {
  const bool is_changed = watch.update(entry, now_.mono);
  settle(watch);
  return is_changed;
}

void NodeExecutor::resume(NodeWatch& watch, std::optional<WallTime> alive_at) {
  parts_.changes.emit(WatchNode{watch.name()});
  watch.resume(alive_at, now_.mono);
  publish_recovery(watch);
  settle(watch);
  parts_.changes.assign(watch.name());
}

bool NodeExecutor::receive(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at,
                           Way way) {
  const bool is_other_load = watch.load() != heartbeat.load;
  if (!watch.admit(heartbeat, received_at)) return false;
  const NodeName& name = watch.name();
  AssignmentRecord& assignment = parts_.assignments.record(name);
  assignment.on_applied(heartbeat.applied, parts_.epoch, now_.mono);
  if (is_other_load) parts_.capacity.set_load(name, heartbeat.load);
  if (heartbeat.report) parts_.capacity.set_images(name, heartbeat.report->images);
  if (way == Way::kBus) on_sign_of_life(watch, heartbeat, received_at);
  // The report of a dead node is stored, but not believed until its recovery has ended.
  if (heartbeat.report && watch.node().state != NodeState::kDead)
    on_report(watch, *heartbeat.report);
  watch.ask_for_report(heartbeat, now_.mono);
  note_eligibility(watch, heartbeat, assignment);
  tend(watch, assignment);
  return true;
}

void NodeExecutor::on_fetch_failed(NodeWatch& watch) {
  watch.on_fetch_failed(now_);
  settle(watch);
}

void NodeExecutor::on_dialled(NodeWatch& watch, std::uint64_t dial, DialOutcome outcome) {
  watch.on_dialled(dial, outcome, now_.mono);
  tend(watch, parts_.assignments.record(watch.name()));
}

void NodeExecutor::on_switched(NodeWatch& watch, PowerVerb verb, const Result<void>& outcome) {
  watch.on_switched(verb, outcome, now_.mono);
  publish_recovery(watch);
  settle(watch);
}

/// Pending work is examined again when a node becomes eligible, or ceases to be.
void NodeExecutor::note_eligibility(NodeWatch& watch, const Heartbeat& heartbeat,
                                    const AssignmentRecord& assignment) {
  Eligibility eligibility(watch.view(heartbeat.applied), parts_.epoch);
  if (watch.note_eligibility(eligibility)) {
    (void)parts_.capacity.set_eligibility(watch.name(), std::move(eligibility));
    parts_.changes.on_room_changed();
  }
  const bool may_be_in_trouble = heartbeat.report || watch.node().state == NodeState::kUnreachable;
  if (!may_be_in_trouble) return;
  if (watch.note_trouble(heartbeat, assignment.is_followed(parts_.epoch), now_.mono))
    parts_.changes.on_room_changed();
}

void NodeExecutor::on_sign_of_life(NodeWatch& watch, const Heartbeat& heartbeat,
                                   MonoTime received_at) {
  SignOutcome outcome = watch.on_sign_of_life(heartbeat, received_at, now_);
  if (outcome.booted_anew) {
    for (const InstanceId& id : parts_.instances.on_node(watch.name())) {
      if (const auto change = parts_.instances.await_report(id, now_.wall))
        parts_.changes.on(*change);
    }
  }
  if (outcome.recovered) parts_.changes.on_event(events::of(*outcome.recovered, watch.name()));
  if (outcome.verdict) transition(watch, *std::move(outcome.verdict));
}

void NodeExecutor::on_report(NodeWatch& watch, const Report& report) {
  const NodeName& name = watch.name();
  const bool is_waiting =
      std::any_of(report.instances.begin(), report.instances.end(),
                  [](const auto& entry) { return entry.second.must_be_replaced; });
  parts_.assignments.record(name).on_waiting(is_waiting, now_.mono);
  watch.set_capacity(report.capacity);
  parts_.capacity.set_capacity(name, report.capacity);
  for (const auto& [id, status] : report.instances) {
    const Instance* instance = parts_.instances.find(id);
    if (instance == nullptr || instance->node != name) continue;
    if (const auto change = parts_.instances.report(id, status, now_.wall))
      parts_.changes.on(*change);
  }
  const IncidentOutcome incidents = watch.take_incidents(report.incidents, now_.mono);
  for (const Incident& incident : incidents.fresh) {
    const Instance* instance = parts_.instances.find(incident.instance);
    if (instance != nullptr && instance->node == name)
      parts_.changes.on_event(events::noticed(*instance, incident));
  }
  if (incidents.flood_begins) parts_.changes.on_event(events::incident_flood(name));
  if (incidents.left_out > 0)
    parts_.changes.on_event(events::incidents_left_out(name, incidents.left_out));
  // An agent in trouble may not have listed its containers yet.
  if (parts_.assignments.is_followed(name) && report.problem.empty()) {
    const std::set<InstanceId> here = parts_.instances.on_node(name);
    for (const InstanceId& id : here) {
      const bool is_leaving = parts_.instances.instance(id).desired_state == DesiredState::kStop;
      if (is_leaving && !report.instances.contains(id))
        parts_.changes.on(parts_.instances.forget(id));
    }
  }
  for (const BuildStatus& build : report.builds) on_build(name, build);
}

void NodeExecutor::on_build(const NodeName& builder, const BuildStatus& build) {
  const Workload* workload = parts_.workloads.find(build.workload);
  if (!is_ordered(build, builder, workload)) return;
  const WorkloadName& name = build.workload;
  if (parts_.build_watch.on_status(*workload, build, now_.mono))
    parts_.changes.on_room_changed();  // Why the build waits has passed.
  switch (build.state) {
    case BuildState::kRunning: return;
    case BuildState::kDone:
      parts_.changes.on_event(events::workload_built(name, build.generation, builder));
      parts_.workloads.finish_build(name, image_of(build, *workload));
      parts_.changes.on_workload_changed(name);
      return parts_.changes.reconcile(name);
    case BuildState::kFailed:
      parts_.workloads.fail_build(name, build.reason);
      parts_.changes.on_workload_changed(name);
      return parts_.changes.on_event(events::workload_failed(name, build.generation, build.reason));
  }
  HEARTH_CHECK(false);
}

/// Applies a verdict. Anything that is to hold verdicts back belongs before this call.
void NodeExecutor::transition(NodeWatch& watch, Verdict verdict) {
  const NodeTransition transition =
      watch.transition_to(verdict.state, std::move(verdict.evidence), now_);
  const NodeName& name = watch.name();
  parts_.changes.on_event(events::of(transition));
  (void)parts_.capacity.set_eligibility(name,
                                        eligibility_of(watch, parts_.assignments, parts_.epoch));
  parts_.changes.on_room_changed();
  for (const InstanceId& id : parts_.instances.on_node(name))
    parts_.changes.reconcile(parts_.instances.instance(id).workload);
  for (const WorkloadName& workload : parts_.warm_images.held_by(name))
    parts_.changes.review_warm_image(workload);
  if (transition.to == NodeState::kDead) {
    lose_work(name);
    watch.begin_recovery(now_.mono);
  }
  settle(watch);
}

void NodeExecutor::lose_work(const NodeName& name) {
  for (const InstanceId& id : parts_.instances.on_node(name)) {
    if (const auto change = parts_.instances.lose(id, now_.wall)) parts_.changes.on(*change);
  }
}

/// Reports the progress of a recovery: recorded first, then the verb is issued to the driver.
void NodeExecutor::publish_recovery(NodeWatch& watch) {
  if (const std::optional<RecoveryChange> change = watch.take_recovery_change()) {
    if (const auto event = events::of(*change, watch.name(), parts_.recovery_attempts_max)) {
      parts_.changes.on_event(*event);
    }
  }
  if (const std::optional<PowerVerb> verb = watch.take_verb())
    parts_.changes.emit(SwitchPower{watch.name(), *verb, watch.node().recovery.attempt});
}

void NodeExecutor::tend_due() {
  for (const NodeName& name : parts_.fleet.take_due(now_.mono))
    tend(parts_.fleet.node(name), parts_.assignments.record(name));
}

/// Does what is due for one node.
void NodeExecutor::tend(NodeWatch& watch, AssignmentRecord& assignment) {
  ++tended_;
  if (std::optional<Verdict> verdict = watch.judge(now_.mono))
    transition(watch, *std::move(verdict));
  watch.tend_recovery(now_.mono);
  publish_recovery(watch);
  const Node& node = watch.node();
  if (const std::optional<std::uint64_t> dial = watch.take_dial(now_.mono))
    parts_.changes.emit(Dial{node.name, node.agent, *dial, watch.dial().timeout()});
  if (watch.take_fetch(now_.mono)) parts_.changes.emit(FetchStatus{node.name, node.agent});
  if (watch.is_judged() && assignment.on_tick(watch.has_agent(), now_.mono))
    parts_.changes.assign(node.name);
  settle(watch, assignment);
}

/// Returns the watch to the fleet, with the deadline of its node's assignment.
void NodeExecutor::settle(NodeWatch& watch, const AssignmentRecord& assignment) {
  const std::optional<MonoTime> resend =
      watch.is_judged() ? assignment.next_deadline() : std::nullopt;
  parts_.fleet.settle(watch, resend, now_.mono);
}

void NodeExecutor::settle(NodeWatch& watch) {
  settle(watch, parts_.assignments.record(watch.name()));
}

void NodeExecutor::settle_all() {
  for (const auto& [name, watch] : parts_.fleet.watches()) settle(parts_.fleet.node(name));
}

Eligibility eligibility_of(const NodeWatch& watch, const AssignmentLedger& assignments,
                           Epoch epoch) {
  return {watch.view(assignments.record(watch.name()).applied()), epoch};
}

}  // namespace hearth::core
