// What nodes report, and the consequences of their states.

#include "base/check.h"
#include "core/events/cluster_events.h"
#include "core/events/node_events.h"
#include "core/manager/manager.h"

namespace hearth::core {

NodeWatch& Manager::add_node(const Node& node) {
  NodeWatch& watch = fleet_.add(node, now_.mono);
  assignments_.add_node(node.name);
  capacity_.add_node(node.name);
  settle(watch);
  return watch;
}

void Manager::receive(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at, Way way) {
  const bool is_other_load = watch.load() != heartbeat.load;
  if (!watch.admit(heartbeat, received_at)) {
    ++counters_.heartbeats_stale;
    return;
  }
  const NodeName& name = watch.name();
  AssignmentRecord& assignment = assignments_.record(name);
  assignment.on_applied(heartbeat.applied, epoch_, now_.mono);
  if (is_other_load) capacity_.set_load(name, heartbeat.load);
  if (heartbeat.report) capacity_.set_images(name, heartbeat.report->images);
  if (way == Way::kBus) on_sign_of_life(watch, heartbeat, received_at);
  // The report of a dead node is stored, but not believed until its recovery has ended.
  if (heartbeat.report && watch.node().state != NodeState::kDead)
    on_report(watch, *heartbeat.report);
  watch.ask_for_report(heartbeat, now_.mono);
  note_eligibility(watch, heartbeat, assignment);
  tend(watch, assignment);
}

/// Pending work is examined again when a node becomes eligible, or ceases to be.
void Manager::note_eligibility(NodeWatch& watch, const Heartbeat& heartbeat,
                               const AssignmentRecord& assignment) {
  Eligibility eligibility(watch.view(heartbeat.applied), epoch_);
  if (watch.note_eligibility(eligibility)) {
    (void)capacity_.set_eligibility(watch.name(), std::move(eligibility));
    changes_.on_room_changed();
  }
  const bool may_be_in_trouble = heartbeat.report || watch.node().state == NodeState::kUnreachable;
  if (!may_be_in_trouble) return;
  if (watch.note_trouble(heartbeat, assignment.is_followed(epoch_), now_.mono))
    changes_.on_room_changed();
}

void Manager::on_sign_of_life(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at) {
  SignOutcome outcome = watch.on_sign_of_life(heartbeat, received_at, now_);
  if (outcome.recovered) tell_recovery(watch);
  if (outcome.booted_anew) {
    for (const InstanceId& id : instances_.on_node(watch.name())) {
      if (const auto change = instances_.await_report(id, now_.wall)) changes_.on(*change);
    }
  }
  if (outcome.recovered) changes_.on_event(events::of(*outcome.recovered, watch.name()));
  if (outcome.verdict) transition(watch, *std::move(outcome.verdict));
}

void Manager::on_report(NodeWatch& watch, const Report& report) {
  const NodeName& name = watch.name();
  watch.set_capacity(report.capacity);
  capacity_.set_capacity(name, report.capacity);
  for (const auto& [id, status] : report.instances) {
    const Instance* instance = instances_.find(id);
    if (instance == nullptr || instance->node != name) continue;
    if (const auto change = instances_.report(id, status, now_.wall)) changes_.on(*change);
  }
  // An agent in trouble may not have listed its containers yet.
  if (assignments_.is_followed(name) && report.problem.empty()) {
    const std::set<InstanceId> here = instances_.on_node(name);
    for (const InstanceId& id : here) {
      const bool is_leaving = instances_.instance(id).desired_state == DesiredState::kStop;
      if (is_leaving && !report.instances.contains(id)) changes_.on(instances_.forget(id));
    }
  }
  for (const BuildStatus& build : report.builds) on_build(name, build);
}

void Manager::on_build(const NodeName& builder, const BuildStatus& build) {
  const Workload* workload = workloads_.find(build.workload);
  if (!is_ordered(build, builder, workload)) return;
  const WorkloadName& name = build.workload;
  switch (build.state) {
    case BuildState::kRunning: return;
    case BuildState::kDone:
      changes_.on_event(events::workload_built(name, build.generation, builder));
      workloads_.finish_build(name, image_of(build, *workload));
      changes_.on_workload_changed(name);
      return changes_.reconcile(name);
    case BuildState::kFailed:
      workloads_.fail_build(name, build.reason);
      changes_.on_workload_changed(name);
      return changes_.on_event(events::workload_failed(name, build.generation, build.reason));
  }
  HEARTH_CHECK(false);
}

/// Applies a verdict. Anything that is to hold verdicts back belongs before this call.
void Manager::transition(NodeWatch& watch, Verdict verdict) {
  const NodeTransition transition =
      watch.transition_to(verdict.state, std::move(verdict.evidence), now_);
  const NodeName& name = watch.name();
  changes_.on_event(events::of(transition));
  (void)capacity_.set_eligibility(name, eligibility_of(watch));
  changes_.on_room_changed();
  for (const InstanceId& id : instances_.on_node(name))
    changes_.reconcile(instances_.instance(id).workload);
  for (const WorkloadName& workload : warm_images_.held_by(name))
    changes_.review_warm_image(workload);
  if (transition.to == NodeState::kDead) {
    for (const InstanceId& id : instances_.on_node(name)) {
      if (const auto change = instances_.lose(id, now_.wall)) changes_.on(*change);
    }
    watch.begin_recovery(now_.mono);
    tell_recovery(watch);
  }
  settle(watch);
}

/// Reports the progress of a recovery: recorded first, then the verb is issued to the driver.
void Manager::tell_recovery(NodeWatch& watch) {
  if (const std::optional<RecoveryChange> change = watch.take_recovery_change()) {
    if (const auto event = events::of(*change, watch.name(), settings_.recovery.attempts_max)) {
      changes_.on_event(*event);
    }
  }
  if (const std::optional<PowerVerb> verb = watch.take_verb())
    changes_.emit(SwitchPower{watch.name(), *verb, watch.node().recovery.attempt});
}

/// Does what is due for one node.
void Manager::tend(NodeWatch& watch, AssignmentRecord& assignment) {
  ++counters_.nodes_tended;
  if (std::optional<Verdict> verdict = watch.judge(now_.mono))
    transition(watch, *std::move(verdict));
  watch.tend_recovery(now_.mono);
  tell_recovery(watch);
  const Node& node = watch.node();
  if (const std::optional<std::uint64_t> dial = watch.take_dial(now_.mono))
    changes_.emit(Dial{node.name, node.agent, *dial, watch.dial().timeout()});
  if (watch.take_fetch(now_.mono)) changes_.emit(FetchStatus{node.name, node.agent});
  if (watch.is_judged() && assignment.on_tick(watch.has_agent(), now_.mono))
    changes_.assign(node.name);
  settle(watch, assignment);
}

/// Returns the watch to the fleet, with the deadline of its node's assignment.
void Manager::settle(NodeWatch& watch, const AssignmentRecord& assignment) {
  const std::optional<MonoTime> resend =
      watch.is_judged() ? assignment.next_deadline() : std::nullopt;
  fleet_.settle(watch, resend, now_.mono);
}

void Manager::settle(NodeWatch& watch) {
  settle(watch, assignments_.record(watch.name()));
}

void Manager::settle_all() {
  for (const auto& [name, watch] : fleet_.watches()) settle(fleet_.node(name));
}

Eligibility Manager::eligibility_of(const NodeWatch& watch) const {
  return {watch.view(assignments_.record(watch.name()).applied()), epoch_};
}

}  // namespace hearth::core
