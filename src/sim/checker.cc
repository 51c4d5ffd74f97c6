#include "sim/checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "model/node.h"
#include "sim/trace_text.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kSweepPeriod = milliseconds(100);
/// A heartbeat arrives and is evaluated within this time if nothing stops it.
constexpr Duration kReceivedWithin = milliseconds(1000);
/// Within this time a dial that began before the agent answered again has ended, and a manager that
/// was late by less than it notices has evaluated it.
constexpr Duration kDialledWithin = milliseconds(700);
/// Within this time a manager knows that the bus does not carry.
constexpr Duration kBlindWithin = milliseconds(1000);
/// Less than the silence that makes a node suspect.
constexpr Duration kSilentAtLeast = milliseconds(1000);
/// How long two containers can run side by side when the engine has failures, ...
constexpr Duration kDoubleMax = seconds(15);
constexpr Duration kUnderWayMax = seconds(15);
/// ... and how soon one of them is gone after that.
constexpr Duration kClearedWithin = seconds(5);
/// A node that has been well for this long is no longer considered dead.
constexpr Duration kBackWithin = seconds(5);

bool is_worse_than_live(NodeState state) {
  return state != NodeState::kAwaited && state != NodeState::kLive;
}

std::string show(const AssignmentNumber& number) {
  return fmt::format("{}.{}", number.epoch.value, number.revision.value);
}

/// Whether it runs, as far as can be known.
bool serves(const StoredState& store, const Instance& instance) {
  return instance.status.state == InstanceState::kRunning && instance.node &&
         store.nodes().at(*instance.node).state != NodeState::kDead;
}

std::uint32_t wanted_of(const StoredState& store, const WorkloadName& name) {
  const auto found = store.workloads().find(name);
  if (found == store.workloads().end() || !found->second.current) return 0;
  const Workload& workload = found->second;
  switch (workload.phase) {
    case WorkloadPhase::kStopped:
    case WorkloadPhase::kRemoving:
    case WorkloadPhase::kRemoved: return 0;
    case WorkloadPhase::kRollingOut:
      // Another number of instances may be reached at any moment.
      return std::min(workload.current->spec.instances, workload.target()->spec.instances);
    case WorkloadPhase::kBuilding:
    case WorkloadPhase::kDeployed:
    case WorkloadPhase::kFailed: break;
  }
  return workload.current->spec.instances;
}

/// Whether a serving instance replaces `id`, or replaces its replacement, also if it did so until
/// this step.
bool is_replaced(const StoredState& before, const StoredState& after, const InstanceId& id) {
  for (const StoredState* store : {&before, &after}) {
    for (const auto& [other, instance] : store->instances()) {
      if (instance.replaces != id) continue;
      const auto found = after.instances().find(other);
      const bool takes_over = found != after.instances().end() &&
                              found->second.desired_state == DesiredState::kRun &&
                              serves(after, found->second);
      if (takes_over || is_replaced(before, after, other)) return true;
    }
  }
  return false;
}

/// Whether the instance that it was to replace serves: it is withdrawn.
bool is_withdrawn(const StoredState& after, const Instance& instance) {
  if (!instance.replaces) return false;
  const auto found = after.instances().find(*instance.replaces);
  return found != after.instances().end() && found->second.desired_state == DesiredState::kRun &&
         serves(after, found->second);
}

/// Whether it must not run beside what replaces it.
bool stops_first(const StoredState& after, const Instance& instance) {
  const auto found = after.workloads().find(instance.workload);
  if (found == after.workloads().end()) return false;
  const Release* target = found->second.target();
  const Release* own = found->second.find_release(instance.generation);
  const auto does = [](const Release* release) {
    return release != nullptr && release->spec.instance.replace == ReplaceOrder::kStopFirst;
  };
  return does(target) || does(own);
}

/// Whether it only tells operators of something, or counts an end as a failure once it is certain
/// that it was none of the runtime.
bool only_tells(const StoredState& before, const Write& write) {
  if (const auto* append = std::get_if<AppendEvent>(&write))
    return append->event.type == EventType::kInstanceNoticed;
  if (const auto* put = std::get_if<PutNode>(&write)) {
    const auto found = before.nodes().find(put->node.name);
    if (found == before.nodes().end()) return false;
    Node same = found->second;
    same.incidents_seen = put->node.incidents_seen;
    return same == put->node;
  }
  const auto* put = std::get_if<PutInstance>(&write);
  if (put == nullptr) return std::holds_alternative<PutAlive>(write);
  const auto found = before.instances().find(put->instance.id);
  if (found == before.instances().end()) return false;
  Instance same = found->second;
  same.status.failures = put->instance.status.failures;
  same.status.failed_container = put->instance.status.failed_container;
  return same == put->instance;
}

/// What both have of their node and only one may have; empty: nothing.
std::string shared_holding(const ContainerSpec& one, const ContainerSpec& other) {
  for (const DeviceMapping& a : one.devices) {
    for (const DeviceMapping& b : other.devices) {
      if (a.host_path == b.host_path) return a.host_path;
    }
  }
  for (const PublishedPort& a : one.ports) {
    for (const PublishedPort& b : other.ports) {
      const bool is_same = a.host_port == b.host_port && a.protocol == b.protocol &&
                           a.host_address == b.host_address;
      if (is_same) return fmt::format("port {}", a.host_port);
    }
  }
  return {};
}

const ContainerSpec* container_of(const StoredState& store, const Instance& instance) {
  const auto found = store.workloads().find(instance.workload);
  if (found == store.workloads().end()) return nullptr;
  const Release* release = found->second.find_release(instance.generation);
  return release == nullptr ? nullptr : &release->spec.instance.container;
}

/// Whether as many as wanted serve without it.
bool is_surplus(const StoredState& after, const Instance& instance) {
  std::uint32_t others = 0;
  for (const auto& [id, other] : after.instances()) {
    const bool counts = other.workload == instance.workload &&
                        other.desired_state == DesiredState::kRun && serves(after, other);
    if (counts) ++others;
  }
  return others >= wanted_of(after, instance.workload);
}

}  // namespace

Checker::Checker(World& world, const StoredState& store, Truth truth)
    : world_(world), store_(store), truth_(std::move(truth)) {}

void Checker::begin(std::set<NodeName> nodes) {
  nodes_ = std::move(nodes);
  sweep();
}

void Checker::sweep() {
  for (const NodeName& node : nodes_) {
    watch(node);
    check_doubles(node);
  }
  check_bits();
  watch_blindness();
  world_.after(kSweepPeriod, [this] { sweep(); });
}

void Checker::watch(const NodeName& node) {
  const auto note = [&](Since& since, bool holds) {
    if (holds) {
      since.try_emplace(node, world_.now());
    } else {
      since.erase(node);
    }
  };
  note(well_since_, truth_.is_well(node));
  note(dialled_since_, truth_.can_be_dialled(node));
  note(received_since_, truth_.can_be_received(node));
}

void Checker::watch_blindness() {
  if (!truth_.manager_works()) {
    manager_works_since_.reset();
    blind_since_.reset();
    seeing_since_.reset();
    return;
  }
  if (!manager_works_since_) manager_works_since_ = world_.now();
  if (!truth_.bus_carries()) {
    blind_since_ = std::max(truth_.carried_until(), *manager_works_since_);
    seeing_since_.reset();
  } else {
    if (is_blind_for(kBlindWithin)) seeing_since_ = world_.now();
    blind_since_.reset();
  }
}

void Checker::check_doubles(const NodeName& node) {
  const std::set<InstanceId> doubled = truth_.doubled(node);
  std::erase_if(double_since_, [&](const auto& entry) {
    return entry.first.first == node && !doubled.contains(entry.first.second);
  });
  const auto excused = engine_excused_until_.find(node);
  const bool in_trouble = excused != engine_excused_until_.end() && world_.now() < excused->second;
  for (const InstanceId& id : doubled) {
    const MonoTime since = double_since_.try_emplace({node, id}, world_.now()).first->second;
    if (in_trouble && world_.now() - since <= kDoubleMax) continue;
    world_.violate("one-container", fmt::format("more than one container of '{}' runs on '{}'",
                                                id.str(), node.str()));
  }
}

void Checker::check_bits() {
  std::map<BuildKey, std::pair<Digest, NodeName>> seen;
  for (const NodeName& node : nodes_) {
    for (const RunningBits& one : truth_.running(node)) {
      const BuildKey key(one.workload, one.generation);
      const auto first = seen.try_emplace(key, one.bits, node).first->second;
      if (first.first == one.bits) continue;
      world_.violate("same-bits",
                     fmt::format("generation {} of '{}' is {} on '{}' and {} on '{}'",
                                 one.generation.value, one.workload.str(), first.first.short_hex(),
                                 first.second.str(), one.bits.short_hex(), node.str()));
    }
  }
}

void Checker::on_engine_trouble(const NodeName& node) {
  engine_excused_until_.insert_or_assign(node, MonoTime::max());
}

void Checker::on_engine_trouble_ended(const NodeName& node) {
  const auto found = engine_excused_until_.find(node);
  if (found != engine_excused_until_.end() && found->second == MonoTime::max()) {
    found->second = world_.now() + kClearedWithin;
  }
}

bool Checker::is_blind_for(Duration duration) const {
  return blind_since_ && world_.now() - *blind_since_ > duration;
}

bool Checker::lasts(const Since& since, const NodeName& node, Duration duration) const {
  const auto found = since.find(node);
  return found != since.end() && world_.now() - found->second > duration;
}

void Checker::on_batch(const core::ManagerBatch& batch) {
  for (const Write& write : batch.writes) {
    world_.trace(text_of(write));
    check_write(write);
  }
  for (const core::ManagerAction& action : batch.actions) {
    world_.trace(text_of(action));
    const auto* power = std::get_if<core::SwitchPower>(&action);
    if (power != nullptr) attempts_.insert_or_assign(power->node, power->attempt);
  }
  check_stops(batch.writes);
  check_holders(batch.writes);
  note_builders(batch.writes);
  const auto changing = std::ranges::find_if_not(
      batch.writes, [this](const Write& write) { return only_tells(store_, write); });
  if (quiet_ && changing != batch.writes.end()) {
    world_.violate("quiet", fmt::format("{} writes, among them one of kind {}", batch.writes.size(),
                                        changing->index()));
  }
}

void Checker::check_write(const Write& write) {
  if (const auto* put = std::get_if<PutNode>(&write)) {
    check_verdict(put->node);
  } else if (const auto* workload = std::get_if<PutWorkload>(&write)) {
    check_release(workload->workload);
  } else if (const auto* instance = std::get_if<PutInstance>(&write)) {
    const InstanceId& id = instance->instance.id;
    if (!store_.instances().contains(id) && ids_used_.contains(id)) {
      world_.violate("instance-ids-are-new", fmt::format("'{}' is used again", id.str()));
    }
  } else if (const auto* removal = std::get_if<DeleteInstance>(&write)) {
    ids_used_.insert(removal->id);
  }
}

void Checker::check_verdict(const Node& node) {
  const auto known = store_.nodes().find(node.name);
  const NodeState before =
      known == store_.nodes().end() ? NodeState::kAwaited : known->second.state;
  if (node.state == before) return;
  const bool has_just_seen_again = seeing_since_ && world_.now() - *seeing_since_ < kSilentAtLeast;
  if (is_worse_than_live(node.state) && (is_blind_for(kBlindWithin) || has_just_seen_again)) {
    world_.violate("blind-judges-nobody", fmt::format("'{}' becomes {}: {}", node.name.str(),
                                                      name_of(node.state), node.evidence));
  }
  if (node.state != NodeState::kDead) return;
  if (truth_.can_be_dialled(node.name) && lasts(dialled_since_, node.name, kDialledWithin)) {
    world_.violate("dead-though-dialled", fmt::format("'{}': {}", node.name.str(), node.evidence));
  }
  if (truth_.can_be_received(node.name) && lasts(received_since_, node.name, kReceivedWithin)) {
    world_.violate("dead-though-received", fmt::format("'{}': {}", node.name.str(), node.evidence));
  }
}

void Checker::check_release(const Workload& workload) {
  if (workload.phase != WorkloadPhase::kFailed) return;
  const auto known = store_.workloads().find(workload.name);
  if (known != store_.workloads().end() && known->second.phase == workload.phase) return;
  // "'app1-3' on 'node2' failed: …"
  const std::string& reason = workload.reason;
  const std::size_t end = reason.find("' on '");
  if (!reason.starts_with('\'') || end == std::string::npos) return;
  // There is nothing to adopt.
  if (reason.ends_with("cannot be adopted: no such container")) return;
  const InstanceId blamed{reason.substr(1, end - 1)};
  if (!truth_.has_crashed(blamed)) {
    world_.violate("release-fails-by-itself", fmt::format("'{}': {}", workload.name.str(), reason));
  }
}

/// A build is reassigned when its node is dead, or has reported a problem for long. The node might
/// still do it once it can.
void Checker::note_builders(const std::vector<Write>& writes) {
  const auto is_dead = [&](const NodeName& node) {
    NodeState state = store_.nodes().at(node).state;
    for (const Write& write : writes) {
      const auto* put = std::get_if<PutNode>(&write);
      if (put != nullptr && put->node.name == node) state = put->node.state;
    }
    return state == NodeState::kDead;
  };
  for (const Write& write : writes) {
    const auto* put = std::get_if<PutWorkload>(&write);
    if (put == nullptr || put->workload.phase != WorkloadPhase::kBuilding) continue;
    const auto known = store_.workloads().find(put->workload.name);
    if (known == store_.workloads().end() || !known->second.build_node) continue;
    const NodeName& builder = *known->second.build_node;
    const bool moves = put->workload.build_node != builder &&
                       put->workload.next->generation == known->second.next->generation;
    const bool out_of_reach = store_.nodes().at(builder).state == NodeState::kUnreachable;
    if (moves && (is_dead(builder) || out_of_reach || was_troubled(builder)))
      ++builds_[{known->first, known->second.next->generation}].allowed;
  }
}

void Checker::check_stops(const std::vector<Write>& writes) {
  std::vector<const Instance*> stopped;
  for (const Write& write : writes) {
    const auto* put = std::get_if<PutInstance>(&write);
    if (put == nullptr || put->instance.desired_state != DesiredState::kStop) continue;
    const auto before = store_.instances().find(put->instance.id);
    if (before != store_.instances().end() && before->second.desired_state == DesiredState::kRun)
      stopped.push_back(&put->instance);
  }
  if (stopped.empty()) return;
  StoredState after = store_;
  after.commit(writes);
  std::set<WorkloadName> stopping_first;
  for (const Instance* instance : stopped) {
    const bool is_spare =
        !serves(after, *instance) || is_surplus(after, *instance) ||
        is_withdrawn(after, *instance) || is_replaced(store_, after, instance->id) ||
        (stops_first(after, *instance) && stopping_first.insert(instance->workload).second);
    if (is_spare) continue;
    world_.violate(
        "stopped-only-if-spare",
        fmt::format("'{}' is to stop, and nothing runs in its place", instance->id.str()));
  }
}

void Checker::check_holders(const std::vector<Write>& writes) {
  std::optional<StoredState> after;  // A copy is made only if it is needed.
  for (const Write& write : writes) {
    const auto* put = std::get_if<PutInstance>(&write);
    if (put == nullptr || !put->instance.node) continue;
    if (!after) {
      after = store_;
      after->commit(writes);
    }
    const Instance& placed = put->instance;
    const ContainerSpec* needs = container_of(*after, placed);
    if (needs == nullptr || (needs->devices.empty() && needs->ports.empty())) continue;
    for (const auto& [id, other] : after->instances()) {
      const ContainerSpec* has = container_of(*after, other);
      if (id == placed.id || other.node != placed.node || has == nullptr) continue;
      const std::string both = shared_holding(*needs, *has);
      if (both.empty()) continue;
      world_.violate("one-holder",
                     fmt::format("'{}' and '{}' on '{}' both have {}", placed.id.str(), id.str(),
                                 placed.node->str(), both));
    }
  }
}

void Checker::on_assignment(const Assignment& assignment) {
  world_.note("manager", fmt::format("assignment {} for '{}': {} instances, {} images, {} builds",
                                     show(assignment.number), assignment.node.str(),
                                     assignment.instances.size(), assignment.images.size(),
                                     assignment.builds.size()));
  if (quiet_)
    world_.violate("quiet", fmt::format("'{}' gets an assignment", assignment.node.str()));
  AssignmentNumber& last = published_[assignment.node];
  if (assignment.number < last || assignment.number.epoch != store_.epoch()) {
    world_.violate(
        "assignment-goes-forward",
        fmt::format("'{}' gets {} after {} in the stored epoch {}", assignment.node.str(),
                    show(assignment.number), show(last), store_.epoch().value));
  }
  last = assignment.number;
  for (const AssignedInstance& assigned : assignment.instances) {
    ids_used_.insert(assigned.id);
    const auto found = store_.instances().find(assigned.id);
    const bool stored = found != store_.instances().end() &&
                        found->second.node == assignment.node &&
                        found->second.desired_state == assigned.desired_state &&
                        found->second.generation == assigned.generation;
    if (!stored) {
      world_.violate("stored-before-published",
                     fmt::format("'{}' is assigned '{}', which is not what is stored",
                                 assignment.node.str(), assigned.id.str()));
    }
  }
}

void Checker::on_manager_crash() {
  for (const auto& [name, node] : store_.nodes()) {
    if (node.recovery.phase == RecoveryPhase::kSwitchingOff) to_resume_.insert(name);
  }
}

void Checker::on_switch(const NodeName& node, PowerVerb verb) {
  const std::uint32_t attempt = attempts_[node];
  world_.note("manager", fmt::format("asks the driver of '{}' for {} (attempt {})", node.str(),
                                     name_of(verb), attempt));
  const auto found = store_.nodes().find(node);
  const RecoveryPhase phase =
      verb == PowerVerb::kOff ? RecoveryPhase::kSwitchingOff : RecoveryPhase::kSwitchingOn;
  const bool stored = found != store_.nodes().end() && found->second.state == NodeState::kDead &&
                      found->second.recovery.phase == phase &&
                      found->second.recovery.attempt == attempt;
  const auto violate = [&](std::string_view why) {
    world_.violate("power-off-only-dead",
                   fmt::format("'{}' is switched {} {}", node.str(), name_of(verb), why));
  };
  if (!stored) return violate("and that is not stored");
  if (verb == PowerVerb::kOn) return;
  if (to_resume_.erase(node) > 0) return;
  if (is_blind_for(kBlindWithin)) return violate("while nothing can be received");
  if (truth_.is_well(node) && lasts(well_since_, node, kBackWithin))
    return violate("though it is well");
}

/// By its own report, which can have been in flight for as long as the bus or the manager was
/// stopped.
bool Checker::was_troubled(const NodeName& node) const {
  const auto found = troubled_at_.find(node);
  return found != troubled_at_.end() && world_.now() - found->second <= kUnderWayMax;
}

void Checker::on_status(const NodeName& node, const Heartbeat& heartbeat) {
  world_.trace(text_of(heartbeat));
  if (heartbeat.report && !heartbeat.report->problem.empty())
    troubled_at_.insert_or_assign(node, world_.now());
  AssignmentNumber& last = applied_[node];
  if (heartbeat.applied < last) {
    world_.violate("assignment-goes-forward", fmt::format("'{}' applied {} after {}", node.str(),
                                                          show(heartbeat.applied), show(last)));
  }
  last = heartbeat.applied;
}

void Checker::on_saved(const NodeName& node, const Assignment& assignment) {
  AssignmentNumber& last = saved_[node];
  if (assignment.number < last) {
    world_.violate("assignment-goes-forward", fmt::format("'{}' stored {} after {}", node.str(),
                                                          show(assignment.number), show(last)));
  }
  last = assignment.number;
  std::set<BuildKey>& ordered = ordered_of_[node];
  ordered.clear();
  for (const BuildOrder& order : assignment.builds)
    ordered.emplace(order.workload, order.generation);
}

void Checker::on_last_stopped(const Assignment& newest, const InstanceId& instance) {
  for (const AssignedInstance& wanted : newest.instances) {
    if (wanted.id != instance) continue;
    // An adopted container is stopped and kept, or is to be restarted.
    const std::optional<AdoptedContainer>& adopted = wanted.spec.adopted;
    if (adopted && (wanted.desired_state == DesiredState::kStage || adopted->afresh)) continue;
    world_.violate("spares-the-wanted",
                   fmt::format("'{}' stops '{}', which assignment {} contains", newest.node.str(),
                               instance.str(), show(newest.number)));
  }
}

void Checker::forget_node(const NodeName& node) {
  applied_.erase(node);
  saved_.erase(node);
  ordered_of_.erase(node);
}

void Checker::on_agent_crash(const NodeName& node) {
  for (const BuildKey& key : std::exchange(begun_by_[node], {})) {
    if (ordered_of_[node].contains(key)) ++builds_[key].allowed;
  }
}

void Checker::on_build_begins(const NodeName& node, const BuildOrder& order) {
  world_.note(node.str(), fmt::format("builds generation {} of '{}'", order.generation.value,
                                      order.workload.str()));
  const BuildKey key(order.workload, order.generation);
  begun_by_[node].insert(key);
  Builds& builds = builds_[key];
  if (++builds.begun > builds.allowed) {
    world_.violate("built-once", fmt::format("'{}' builds generation {} of '{}' again", node.str(),
                                             order.generation.value, order.workload.str()));
  }
}

void Checker::on_build_ends(const NodeName& node, const BuildOrder& order,
                            const Result<Digest>& outcome) {
  world_.note(node.str(), fmt::format("its build of '{}' {}", order.workload.str(),
                                      outcome ? "is done" : "fails: " + outcome.error().message));
  if (!outcome) ++builds_[{order.workload, order.generation}].allowed;
}

}  // namespace hearth::sim
