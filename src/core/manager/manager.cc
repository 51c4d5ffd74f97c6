#include "core/manager/manager.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "core/assignments/compose.h"
#include "core/events/cluster_events.h"
#include "core/events/node_events.h"
#include "core/reconcile/work_executor.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

Manager::Manager(ManagerSettings settings, Snapshot snapshot, Instant now)
    : settings_(std::move(settings)),
      epoch_(snapshot.epoch.next()),
      now_(now),
      bus_(settings_.liveness, now.mono),
      fleet_(settings_),
      workloads_({.workloads = std::move(snapshot.workloads)}),
      instances_({.rows = std::move(snapshot.instances)}),
      assignments_(epoch_),
      changes_(tables(), snapshot.last_event_seq) {
  for (const Node& node : snapshot.nodes) {
    NodeWatch& watch = fleet_.add(node, now.mono);
    assignments_.add_node(node.name);
    settle(watch);
  }
  derive(builds_, capacity_);
}

Manager::Manager(ManagerSettings settings, ManagerState state)
    : settings_(std::move(settings)),
      epoch_(state.epoch),
      now_(state.now),
      promised_(state.promised),
      counters_(state.counters),
      bus_(settings_.liveness, state.bus),
      fleet_(settings_, std::move(state.fleet)),
      workloads_(std::move(state.workloads)),
      instances_(std::move(state.instances)),
      assignments_(epoch_, state.assignments),
      warm_images_(std::move(state.warm_images)),
      changes_(tables(), state.last_event_seq) {
  derive(builds_, capacity_);
}

Changes::Tables Manager::tables() {
  return {
      .instances = instances_, .workloads = workloads_, .capacity = capacity_, .builds = builds_};
}

/// Builds the tables that follow from the other parts.
void Manager::derive(BuildBoard& builds, CapacityTable& capacity) const {
  for (const auto& [name, watch] : fleet_.watches()) {
    capacity.add_node(name);
    (void)capacity.set_eligibility(name, eligibility_of(watch));
    capacity.set_capacity(name, watch.node().capacity);
    capacity.set_load(name, watch.load());
    if (const std::optional<Report>& report = watch.report())
      capacity.set_images(name, report->images);
  }
  for (const auto& [id, instance] : instances_.rows()) capacity.follow(nullptr, &instance);
  for (const auto& [name, workload] : workloads_.rows()) {
    const std::optional<BuilderChange> builder = builds.follow(workload);
    if (builder && builder->after) capacity.add_build(*builder->after);
  }
}

ManagerState Manager::save() const {
  return {.epoch = epoch_,
          .last_event_seq = changes_.last_event_seq(),
          .now = now_,
          .promised = promised_,
          .counters = counters_,
          .bus = bus_.save(),
          .fleet = fleet_.save(),
          .workloads = workloads_.save(),
          .instances = instances_.save(),
          .assignments = assignments_.save(),
          .warm_images = warm_images_.save()};
}

ManagerBatch Manager::step(const ManagerEvent& event, Instant now) {
  HEARTH_CHECK(now.mono >= now_.mono);
  now_ = now;
  changes_.begin(now);
  WorkExecutor work({.fleet = fleet_,
                     .workloads = workloads_,
                     .instances = instances_,
                     .warm_images = warm_images_,
                     .builds = builds_,
                     .capacity = capacity_,
                     .changes = changes_},
                    now);
  note_stall();
  std::visit([this](const auto& one) { on(one); }, event);
  watch_bus();
  for (const NodeName& name : fleet_.take_due(now_.mono))
    tend(fleet_.node(name), assignments_.record(name));
  work.find_builders();
  work.reconcile_work();
  publish_assignments();
  counters_.entries_marked += changes_.marked();
  ManagerBatch batch = changes_.take_batch(fleet_);
  promised_ = next_deadline();
  return batch;
}

MonoTime Manager::next_deadline() const {
  const std::optional<MonoTime> next = timed_parts(*this).next_deadline();
  HEARTH_CHECK(next);  // The bus watch always has a deadline.
  return *next;
}

/// If we did not run when we had to (a paused machine, a starved processor), the others were not
/// silent for that time: we did not listen.
void Manager::note_stall() {
  const Duration tolerance = settings_.liveness.heartbeat_interval / 2;
  if (!promised_ || now_.mono - *promised_ <= tolerance) return;
  ++counters_.steps_late;
  timed_parts(*this).on_stall(now_.mono - *promised_, now_.mono);
  settle_all();
}

void Manager::watch_bus() {
  if (bus_.on_tick(now_.mono)) {
    if (bus_.carries()) {
      timed_parts(*this).on_bus_restored(now_.mono);
      settle_all();
      changes_.on_event(events::bus_seeing());
    } else {
      fleet_.on_bus_lost();
      changes_.on_event(events::bus_blind(bus_.blindness(now_.mono)));
    }
  }
  if (const std::optional<MonoTime> canary = bus_.take_canary(now_.mono))
    changes_.emit(SendCanary{*canary});
}

void Manager::on(const Started&) {
  changes_.on_epoch(epoch_);
  changes_.on_event(events::manager_started(epoch_, {.nodes = fleet_.size(),
                                                     .workloads = workloads_.rows().size(),
                                                     .instances = instances_.rows().size()}));
  for (const auto& [name, one] : fleet_.watches()) {
    NodeWatch& watch = fleet_.node(name);
    changes_.emit(WatchNode{name});
    watch.resume(now_.mono);
    tell_recovery(watch);
    settle(watch);
    changes_.assign(name);
  }
  for (const auto& [name, workload] : workloads_.rows()) changes_.reconcile(name);
}

void Manager::on(const Ticked&) {}

void Manager::on(const HeartbeatReceived& event) {
  HEARTH_CHECK(event.received_at <= now_.mono);
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr) return;
  ++counters_.heartbeats;
  receive(*watch, event.heartbeat, event.received_at, Way::kBus);
}

void Manager::on(const StatusFetched& event) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr || !event.status) return;
  receive(*watch, *event.status, now_.mono, Way::kHttp);
}

void Manager::on(const CanaryReturned& event) {
  bus_.on_returned(event.sent_at, now_.mono);
}

void Manager::on(const Dialled& event) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr) return;
  watch->on_dialled(event.dial, event.outcome, now_.mono);
  tend(*watch, assignments_.record(event.node));
}

void Manager::on(const PowerSwitched& event) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr) return;
  watch->on_switched(event.verb, event.outcome, now_.mono);
  tell_recovery(*watch);
  settle(*watch);
}

void Manager::on(const CommandReceived& event) {
  Result<CommandResult> result =
      std::visit([this](const auto& command) { return carry_out(command); }, event.command);
  changes_.emit(Reply{event.request, std::move(result)});
}

Result<CommandResult> Manager::carry_out(const ImportNodes& command) {
  std::set<NodeName> unknown;
  for (const NodeEntry& entry : command.nodes) {
    if (fleet_.find(entry.name) == nullptr) unknown.insert(entry.name);
  }
  if (fleet_.size() + unknown.size() > kNodesMax) {
    return fail(ErrorCode::kExhausted,
                fmt::format("{} new nodes and the {} known ones would exceed the limit of {}; no "
                            "node was imported",
                            unknown.size(), fleet_.size(), kNodesMax));
  }
  std::size_t changed = 0;
  for (const NodeEntry& entry : command.nodes) {
    if (NodeWatch* known = fleet_.find(entry.name)) {
      if (known->update(entry, now_.mono)) ++changed;
      settle(*known);
      continue;
    }
    const NodeWatch& added = add_node({.name = entry.name,
                                       .display_name = entry.display_name,
                                       .agent = entry.agent,
                                       .port_named = entry.names_port,
                                       .changed_at = now_.wall});
    fleet_.mark_changed(entry.name);
    changes_.assign(entry.name);
    changes_.emit(WatchNode{entry.name});
    changes_.on_event(events::node_imported(added.node()));
  }
  return CommandResult{
      fmt::format("named: {}, new: {}, changed: {}", command.nodes.size(), unknown.size(), changed),
      {}};
}

Result<CommandResult> Manager::carry_out(const DeployWorkload& command) {
  const Result<Deployment> deployment = workloads_.deploy(command);
  if (!deployment) return tl::unexpected(deployment.error());
  changes_.on_event(events::workload_deploying(command, deployment->generation));
  changes_.on_workload_changed(command.name);
  if (const std::optional<Image>& image = deployment->image) {
    workloads_.finish_build(command.name, *image);
    changes_.on_workload_changed(command.name);
    changes_.reconcile(command.name);
  }
  return CommandResult{fmt::format("generation {} of '{}' is being deployed",
                                   deployment->generation.value, command.name.str()),
                       deployment->generation};
}

Result<CommandResult> Manager::carry_out(const StopWorkload& command) {
  const Result<Change> stopped = workloads_.stop(command.name);
  if (!stopped) return tl::unexpected(stopped.error());
  changes_.on_workload_changed(command.name);
  changes_.reconcile(command.name);
  changes_.on_event(events::workload_stopped(command.name));
  return CommandResult{fmt::format("'{}' is being stopped", command.name.str()), {}};
}

Result<CommandResult> Manager::carry_out(const RemoveWorkload& command) {
  const Result<Change> removed = workloads_.remove(command.name);
  if (!removed) return tl::unexpected(removed.error());
  changes_.on_workload_changed(command.name);
  changes_.reconcile(command.name);
  return CommandResult{fmt::format("'{}' is being removed", command.name.str()), {}};
}

void Manager::publish_assignments() {
  const AssignmentSources sources{.instances = instances_,
                                  .workloads = workloads_,
                                  .builds = builds_,
                                  .warm_images = warm_images_};
  for (const NodeName& name : changes_.take_assignments_due()) {
    Assignment wanted = compose_assignment(name, settings_.liveness.heartbeat_interval, sources);
    std::optional<Assignment> assignment = assignments_.publish(std::move(wanted), now_.mono);
    if (!assignment) continue;
    settle(fleet_.node(name));
    changes_.emit(PublishAssignment{*std::move(assignment)});
  }
}

std::vector<const Node*> Manager::nodes() const {
  std::vector<const Node*> all;
  all.reserve(fleet_.size());
  for (const auto& [name, watch] : fleet_.watches()) all.push_back(&watch.node());
  return all;
}

const Node* Manager::find_node(const NodeName& name) const {
  const NodeWatch* found = fleet_.find(name);
  return found == nullptr ? nullptr : &found->node();
}

void Manager::check_invariants() const {
  bus_.check_invariants();
  fleet_.check_invariants();
  workloads_.check_invariants();
  instances_.check_invariants();
  assignments_.check_invariants();
  warm_images_.check_invariants();
  capacity_.check_invariants();
  for (const auto& [id, instance] : instances_.rows()) {
    HEARTH_CHECK(workloads_.find(instance.workload) != nullptr);
    HEARTH_CHECK(!instance.node || fleet_.find(*instance.node) != nullptr);
  }
  // The tables kept up to date equal those built from scratch.
  BuildBoard builds;
  CapacityTable capacity;
  derive(builds, capacity);
  HEARTH_CHECK(builds == builds_);
  HEARTH_CHECK(capacity == capacity_);
}

}  // namespace hearth::core
