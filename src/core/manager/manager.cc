#include "core/manager/manager.h"

#include <utility>
#include <variant>

#include "base/check.h"
#include "base/shortened.h"
#include "core/assignments/compose.h"
#include "core/commands/command_executor.h"
#include "core/events/cluster_events.h"
#include "core/releases/release_executor.h"
#include "core/work/work_executor.h"

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
    node_executor().settle(watch);
  }
  for (const auto& [id, instance] : instances_.rows()) {
    starts_.follow(nullptr, &instance, release_of(instance).spec.placement_deadline, now.mono);
  }
  derive(builds_, capacity_, dependents_);
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
      starts_(std::move(state.starts)),
      build_watch_(std::move(state.build_watch)),
      budget_(std::move(state.replacements.budget)),
      backlog_(std::move(state.replacements.backlog)),
      waits_(std::move(state.waits)),
      assignments_(epoch_, state.assignments),
      warm_images_(std::move(state.warm_images)),
      changes_(tables(), state.last_event_seq) {
  derive(builds_, capacity_, dependents_);
}

Changes::Tables Manager::tables() {
  return {.instances = instances_,
          .workloads = workloads_,
          .capacity = capacity_,
          .starts = starts_,
          .builds = builds_,
          .build_watch = build_watch_,
          .dependents = dependents_,
          .waits = waits_};
}

NodeExecutor Manager::node_executor() {
  return {{.epoch = epoch_,
           .recovery_attempts_max = settings_.recovery.attempts_max,
           .fleet = fleet_,
           .assignments = assignments_,
           .workloads = workloads_,
           .instances = instances_,
           .warm_images = warm_images_,
           .capacity = capacity_,
           .build_watch = build_watch_,
           .changes = changes_},
          now_};
}

const Release& Manager::release_of(const Instance& instance) const {
  const Release* release = workloads_.record(instance.workload).find_release(instance.generation);
  HEARTH_CHECK(release != nullptr);  // The releases of instances are kept.
  return *release;
}

/// Builds the tables that follow from the other parts.
void Manager::derive(BuildBoard& builds, CapacityTable& capacity, Dependents& dependents) const {
  for (const auto& [name, watch] : fleet_.watches()) {
    capacity.add_node(name);
    (void)capacity.set_eligibility(name, eligibility_of(watch, assignments_, epoch_));
    capacity.set_capacity(name, watch.node().capacity);
    capacity.set_load(name, watch.load());
    if (const std::optional<Report>& report = watch.report())
      capacity.set_images(name, report->images);
  }
  for (const auto& [id, instance] : instances_.rows()) {
    const ContainerSpec& container = release_of(instance).spec.instance.container;
    capacity.follow(nullptr, &instance, holdings_of(container));
  }
  for (const auto& [name, workload] : workloads_.rows()) {
    dependents.follow(workload);
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
          .starts = starts_.save(),
          .build_watch = build_watch_.save(),
          .replacements = {.budget = budget_.save(), .backlog = backlog_.save()},
          .waits = waits_.save(),
          .assignments = assignments_.save(),
          .warm_images = warm_images_.save()};
}

ManagerBatch Manager::step(const ManagerEvent& event, Instant now) {
  HEARTH_CHECK(now.mono >= now_.mono);
  now_ = now;
  changes_.begin(now);
  NodeExecutor nodes = node_executor();
  note_stall(nodes);
  std::visit([&](const auto& one) { on(one, nodes); }, event);
  watch_bus(nodes);
  nodes.tend_due();
  reconcile_work();
  publish_assignments(nodes);
  counters_.nodes_tended += nodes.tended();
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
void Manager::note_stall(NodeExecutor& nodes) {
  const Duration tolerance = settings_.liveness.heartbeat_interval / 2;
  if (!promised_ || now_.mono - *promised_ <= tolerance) return;
  ++counters_.steps_late;
  timed_parts(*this).on_stall(now_.mono - *promised_, now_.mono);
  nodes.settle_all();
}

void Manager::watch_bus(NodeExecutor& nodes) {
  if (bus_.on_tick(now_.mono)) {
    if (bus_.carries()) {
      timed_parts(*this).on_bus_restored(now_.mono);
      nodes.settle_all();
      changes_.on_event(events::bus_seeing());
      note_sight(Condition::kSeeing, now_.wall, "the bus carries");
    } else {
      fleet_.on_bus_lost();
      const std::string why = bus_.blindness(now_.mono);
      changes_.on_event(events::bus_blind(why));
      note_sight(Condition::kBlind, wall_of(bus_.last_returned(), now_), why);
    }
  }
  if (const std::optional<MonoTime> canary = bus_.take_canary(now_.mono))
    changes_.emit(SendCanary{*canary});
}

void Manager::note_sight(Condition condition, WallTime at, std::string_view cause) {
  HistoryEntry entry{.at = at, .condition = condition};
  entry.cause = shortened(cause, kHistoryCauseBytesMax);
  changes_.on_history(std::move(entry));
}

void Manager::on(const Started& event, NodeExecutor& nodes) {
  changes_.on_epoch(epoch_);
  note_sight(Condition::kBlind, event.alive_at.value_or(now_.wall), "the manager did not run");
  changes_.on_event(events::manager_started(epoch_, {.nodes = fleet_.size(),
                                                     .workloads = workloads_.rows().size(),
                                                     .instances = instances_.rows().size()}));
  for (const auto& [name, watch] : fleet_.watches())
    nodes.resume(fleet_.node(name), event.alive_at);
  for (const auto& [name, workload] : workloads_.rows()) changes_.reconcile(name);
}

void Manager::on(const Ticked&, NodeExecutor&) {}

void Manager::on(const HeartbeatReceived& event, NodeExecutor& nodes) {
  HEARTH_CHECK(event.received_at <= now_.mono);
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr) return;
  ++counters_.heartbeats;
  receive(*watch, event.heartbeat, event.received_at, NodeExecutor::Way::kBus, nodes);
}

void Manager::on(const StatusFetched& event, NodeExecutor& nodes) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch == nullptr) return;
  if (!event.status) return nodes.on_fetch_failed(*watch);
  receive(*watch, *event.status, now_.mono, NodeExecutor::Way::kHttp, nodes);
}

void Manager::receive(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at,
                      NodeExecutor::Way way, NodeExecutor& nodes) {
  if (!nodes.receive(watch, heartbeat, received_at, way)) ++counters_.heartbeats_stale;
}

void Manager::on(const CanaryReturned& event, NodeExecutor&) {
  bus_.on_returned(event.sent_at, now_.mono);
}

void Manager::on(const Dialled& event, NodeExecutor& nodes) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch != nullptr) nodes.on_dialled(*watch, event.dial, event.outcome);
}

void Manager::on(const PowerSwitched& event, NodeExecutor& nodes) {
  NodeWatch* watch = fleet_.find(event.node);
  if (watch != nullptr) nodes.on_switched(*watch, event.verb, event.outcome);
}

void Manager::on(const CommandReceived& event, NodeExecutor& nodes) {
  CommandExecutor commands({.fleet = fleet_,
                            .workloads = workloads_,
                            .instances = instances_,
                            .dependents = dependents_,
                            .nodes = nodes,
                            .changes = changes_},
                           now_);
  changes_.emit(Reply{event.request, commands.carry_out(event.command)});
}

void Manager::reconcile_work() {
  WorkExecutor work({.fleet = fleet_,
                     .workloads = workloads_,
                     .instances = instances_,
                     .warm_images = warm_images_,
                     .builds = builds_,
                     .build_watch = build_watch_,
                     .capacity = capacity_,
                     .starts = starts_,
                     .dependents = dependents_,
                     .budget = budget_,
                     .waits = waits_,
                     .backlog = backlog_,
                     .changes = changes_},
                    now_);
  work.find_builders();
  ReleaseExecutor({.workloads = workloads_, .changes = changes_})
      .review_starts(starts_, fleet_, now_.mono);
  for (const WorkloadName& name : budget_.on_tick(now_.mono)) changes_.reconcile(name);
  changes_.reconcile(waits_.on_tick(now_.mono));
  work.reconcile_work();
}

void Manager::publish_assignments(NodeExecutor& nodes) {
  const AssignmentSources sources{.instances = instances_,
                                  .workloads = workloads_,
                                  .builds = builds_,
                                  .warm_images = warm_images_};
  for (const NodeName& name : changes_.take_assignments_due()) {
    Assignment wanted = compose_assignment(name, settings_.liveness.heartbeat_interval, sources);
    std::optional<Assignment> assignment = assignments_.publish(std::move(wanted), now_.mono);
    if (!assignment) continue;
    nodes.settle(fleet_.node(name));
    changes_.emit(PublishAssignment{*std::move(assignment)});
  }
}

std::vector<const Node*> Manager::nodes() const {
  std::vector<const Node*> all;
  all.reserve(fleet_.size());
  for (const auto& [name, watch] : fleet_.watches()) all.push_back(&watch.node());
  return all;
}

const InstanceUsage* Manager::usage_of(const Instance& instance) const {
  if (instance.status.state != InstanceState::kRunning || !instance.node) return nullptr;
  const NodeWatch* watch = fleet_.find(*instance.node);
  return watch == nullptr ? nullptr : watch->usage_of(instance.id);
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
  starts_.check_invariants();
  build_watch_.check_invariants();
  budget_.check_invariants();
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
  Dependents dependents;
  derive(builds, capacity, dependents);
  HEARTH_CHECK(builds == builds_);
  HEARTH_CHECK(capacity == capacity_);
  HEARTH_CHECK(WorkloadConditions(workloads_, instances_) == changes_.conditions());
  HEARTH_CHECK(dependents == dependents_);
}

}  // namespace hearth::core
