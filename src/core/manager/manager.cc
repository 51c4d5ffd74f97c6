#include "core/manager/manager.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"
#include "core/manager/node_record.h"

namespace hearth::core {

Manager::Manager(ManagerSettings settings, Snapshot snapshot, Instant now)
    : settings_(std::move(settings)),
      epoch_(snapshot.epoch.next()),
      event_seq_(snapshot.last_event_seq),
      now_(now),
      bus_(settings_.liveness, now.mono) {
  for (const Node& node : snapshot.nodes) add_node(node);
  for (Workload& workload : snapshot.workloads) {
    WorkloadName name = workload.name;
    auto& kind = workload.phase == WorkloadPhase::kRemoved ? removed_ : workloads_;
    kind.emplace(std::move(name), std::move(workload));
  }
  std::sort(snapshot.instances.begin(), snapshot.instances.end(), [](const auto& a, const auto& b) {
    return std::pair(a.id.str().size(), a.id) < std::pair(b.id.str().size(), b.id);
  });
  for (Instance& instance : snapshot.instances) add_instance(std::move(instance));
  instances_touched_.clear();
}

Manager::~Manager() = default;

ManagerBatch Manager::step(const ManagerEvent& event, Instant now) {
  HEARTH_CHECK(now.mono >= now_.mono);
  now_ = now;
  batch_ = {};
  candidates_.reset();
  note_lateness();
  std::visit([this](const auto& one) { visit(one); }, event);
  watch_bus();
  tend_nodes();
  find_builders();
  reconcile_work();
  publish_assignments();
  flush();
  promised_ = next_deadline();
  return std::move(batch_);
}

MonoTime Manager::next_deadline() const {
  MonoTime deadline = bus_.next_send();
  if (bus_carries_) deadline = std::min(deadline, bus_.stale_at());
  if (!deadlines_.empty()) deadline = std::min(deadline, deadlines_.begin()->first);
  return deadline;
}

/// If we ourselves did not run when we had to (a paused machine, a starved one), others were not
/// silent for that time: we did not listen.
void Manager::note_lateness() {
  const Duration tolerance = settings_.liveness.heartbeat_interval / 2;
  if (!promised_ || now_.mono - *promised_ <= tolerance) return;
  const Duration lateness = now_.mono - *promised_;
  ++counters_.steps_late;
  bus_.excuse(lateness, now_.mono);
  for (auto& [name, record] : nodes_) {
    record.silence.excuse(lateness, now_.mono);
    record.ladder.excuse(lateness, now_.mono);
    if (record.given_up_at) *record.given_up_at += lateness;
    if (record.recover_at) *record.recover_at += lateness;
    const bool is_asked = record.judged() && record.node.state != NodeState::kLive;
    if (is_asked) record.dial.discard(now_.mono);
    schedule(record);
  }
}

void Manager::visit(const Started&) {
  batch_.writes.emplace_back(PutEpoch{epoch_});
  tell(EventType::kManagerStarted, "manager",
       fmt::format("manager started as epoch {} with {} nodes, {} workloads and {} instances",
                   epoch_.value, nodes_.size(), workloads_.size(), instances_.size()));
  for (auto& [name, record] : nodes_) {
    act(WatchNode{name});
    resume(record);
    climb(record);
    assignments_due_.insert(name);
  }
  for (const auto& [name, workload] : workloads_) work_due_.insert(name);
}

void Manager::visit(const Ticked&) {}

void Manager::visit(const HeartbeatReceived& event) {
  HEARTH_CHECK(event.received_at <= now_.mono);
  NodeRecord* record = record_of(event.node);
  if (record == nullptr) return;
  ++counters_.heartbeats;
  hear(*record, event.heartbeat, event.received_at, Way::kBus);
}

void Manager::visit(const StatusFetched& event) {
  NodeRecord* record = record_of(event.node);
  if (record == nullptr || !event.status) return;
  hear(*record, *event.status, now_.mono, Way::kHttp);
}

void Manager::visit(const CanaryReturned& event) {
  bus_.on_returned(event.sent_at, now_.mono);
}

void Manager::visit(const Dialled& event) {
  NodeRecord* record = record_of(event.node);
  if (record == nullptr) return;
  const bool heard = bus_carries_ && record->silence.grade_at(now_.mono) == Silence::kShort;
  record->dial.on_outcome(event.dial, event.outcome,
                          heard ? DialRecord::Heard::kYes : DialRecord::Heard::kNo, now_.mono);
  tend(*record);
}

void Manager::visit(const PowerSwitched& event) {
  NodeRecord* record = record_of(event.node);
  if (record == nullptr) return;
  const bool is_off = event.verb == PowerVerb::kOff && event.outcome;
  if (is_off && record->heard.told() && record->node.incarnation != record->heard) {
    // That life is over as well: what it said last and comes late is no sign of a new one.
    record->node.incarnation = record->heard;
    nodes_touched_.insert(event.node);
  }
  record->ladder.on_switched(event.verb, event.outcome, now_.mono);
  climb(*record);
}

void Manager::visit(const CommandReceived& event) {
  Result<CommandResult> result =
      std::visit([this](const auto& command) { return carry_out(command); }, event.command);
  act(Reply{event.request, std::move(result)});
}

Result<CommandResult> Manager::carry_out(const ImportNodes& command) {
  std::set<NodeName> unknown;
  for (const NodeEntry& entry : command.nodes) {
    if (!nodes_.contains(entry.name)) unknown.insert(entry.name);
  }
  if (nodes_.size() + unknown.size() > kNodesMax) {
    return fail(ErrorCode::kExhausted,
                fmt::format("{} new nodes beside the {} there are would be more than the {} that a "
                            "cluster may have; none was taken over",
                            unknown.size(), nodes_.size(), kNodesMax));
  }
  std::size_t added = 0;
  std::size_t changed = 0;
  for (const NodeEntry& entry : command.nodes) {
    NodeRecord* known = record_of(entry.name);
    if (known == nullptr) {
      NodeRecord& record = add_node(Node{.name = entry.name,
                                         .display_name = entry.display_name,
                                         .agent = entry.agent,
                                         .port_named = entry.names_port,
                                         .changed_at = now_.wall});
      nodes_touched_.insert(entry.name);
      assignments_due_.insert(entry.name);
      act(WatchNode{entry.name});
      tell(EventType::kNodeImported, "node/" + entry.name.str(),
           fmt::format("node '{}' at {} is awaited", entry.name.str(), record.node.agent.address));
      ++added;
    } else if (update(*known, entry)) {
      ++changed;
    }
  }
  return CommandResult{
      fmt::format("named: {}, new: {}, changed: {}", command.nodes.size(), added, changed), {}};
}

/// Returns true if the entry tells something new of a known node.
bool Manager::update(NodeRecord& record, const NodeEntry& entry) {
  Node& node = record.node;
  Endpoint agent = entry.agent;
  const bool told_by_agent =
      !entry.names_port && node.incarnation.told() && node.agent.address == entry.agent.address;
  if (told_by_agent) agent.port = node.agent.port;
  const bool is_known = node.agent == agent && node.port_named == entry.names_port &&
                        node.display_name == entry.display_name;
  if (is_known) return false;
  if (node.agent != agent) {
    node.agent = std::move(agent);
    record.dial.readdress(now_.mono);
    schedule(record);
  }
  node.port_named = entry.names_port;
  node.display_name = entry.display_name;
  nodes_touched_.insert(node.name);
  return true;
}

Result<CommandResult> Manager::carry_out(const DeployWorkload& command) {
  const std::string& name = command.name.str();
  if (command.spec.instances > kInstancesMax) {
    return fail(ErrorCode::kInvalidArgument,
                fmt::format("{} instances of '{}' are more than the {} allowed",
                            command.spec.instances, name, kInstancesMax));
  }
  if (auto room = check_room_for(command.name); !room) return tl::unexpected(room.error());
  Workload& workload = workload_to_deploy(command.name);
  const bool known = workload.current || workload.next;
  if (known && workload.phase == WorkloadPhase::kRemoving) {
    return fail(
        ErrorCode::kConflict,
        fmt::format("workload '{}' is still being removed; try again when it is gone", name));
  }
  Release release{.generation = known ? workload.latest().generation.next() : Generation{1},
                  .spec = command.spec,
                  .image = {}};
  if (workload.current && workload.current->image &&
      workload.current->spec.bundle == release.spec.bundle) {
    release.image = workload.current->image;
  }
  // What was stopped does not come up again because something newer is built.
  if (workload.phase == WorkloadPhase::kStopped) workload.current.reset();
  const Generation generation = release.generation;
  tell(EventType::kWorkloadDeploying, "workload/" + name,
       fmt::format("generation {} of '{}' was handed over: {} instance{} of bundle {}",
                   generation.value, name, release.spec.instances,
                   release.spec.instances == 1 ? "" : "s", release.spec.bundle.short_hex()));
  workload.next = std::move(release);
  workload.phase = WorkloadPhase::kBuilding;
  workload.reason.clear();
  if (workload.build_node) assignments_due_.insert(*workload.build_node);
  workload.build_node.reset();
  workloads_touched_.insert(command.name);
  if (workload.next->image) finish_build(workload, *workload.next->image);
  return CommandResult{fmt::format("generation {} of '{}' is on its way", generation.value, name),
                       generation};
}

Result<void> Manager::check_room_for(const WorkloadName& name) const {
  if (workloads_.contains(name)) return {};
  if (workloads_.size() >= kWorkloadsMax) {
    return fail(ErrorCode::kExhausted,
                fmt::format("there are {} workloads, and a cluster may have no more; remove one",
                            workloads_.size()));
  }
  if (removed_.contains(name) || workloads_.size() + removed_.size() < kWorkloadNamesMax) return {};
  return fail(ErrorCode::kExhausted,
              fmt::format("{} names of workloads were used, and a cluster may use no more; take "
                          "the name of one that was removed",
                          kWorkloadNamesMax));
}

/// The workload of that name, or a new one that goes on from the numbers of a removed one.
Workload& Manager::workload_to_deploy(const WorkloadName& name) {
  if (auto removed = removed_.extract(name)) {
    Workload& workload = workloads_.insert(std::move(removed)).position->second;
    workload.phase = WorkloadPhase::kStopped;
    return workload;
  }
  return workloads_.try_emplace(name, Workload{.name = name}).first->second;
}

Result<CommandResult> Manager::carry_out(const StopWorkload& command) {
  const auto found = workloads_.find(command.name);
  if (found == workloads_.end()) {
    return fail(
        ErrorCode::kNotFound,
        fmt::format("there is no workload '{}'; 'hearth ps' lists all", command.name.str()));
  }
  Workload& workload = found->second;
  if (workload.phase == WorkloadPhase::kRemoving) {
    return fail(ErrorCode::kConflict,
                fmt::format("workload '{}' is being removed already", command.name.str()));
  }
  if (workload.build_node) assignments_due_.insert(*workload.build_node);
  workload.build_node.reset();
  workload.phase = WorkloadPhase::kStopped;
  workload.reason.clear();
  workloads_touched_.insert(command.name);
  work_due_.insert(command.name);
  tell(EventType::kWorkloadStopped, "workload/" + command.name.str(),
       fmt::format("'{}' is stopped on request; 'hearth deploy' starts it again",
                   command.name.str()));
  return CommandResult{fmt::format("'{}' is being stopped", command.name.str()), {}};
}

Result<CommandResult> Manager::carry_out(const RemoveWorkload& command) {
  const auto found = workloads_.find(command.name);
  if (found == workloads_.end()) {
    return fail(
        ErrorCode::kNotFound,
        fmt::format("there is no workload '{}'; 'hearth ps' lists all", command.name.str()));
  }
  Workload& workload = found->second;
  if (workload.build_node) assignments_due_.insert(*workload.build_node);
  workload.build_node.reset();
  workload.phase = WorkloadPhase::kRemoving;
  workloads_touched_.insert(command.name);
  work_due_.insert(command.name);
  return CommandResult{fmt::format("'{}' is being removed", command.name.str()), {}};
}

/// Turns what the step touched into writes: the last state of each, once.
void Manager::flush() {
  std::vector<Write> writes;
  for (const NodeName& name : std::exchange(nodes_touched_, {})) {
    writes.emplace_back(PutNode{record_of(name)->node});
  }
  for (const WorkloadName& name : std::exchange(workloads_touched_, {})) {
    const auto found = workloads_.find(name);
    writes.emplace_back(PutWorkload{found == workloads_.end() ? removed_.at(name) : found->second});
  }
  for (const InstanceId& id : std::exchange(instances_touched_, {})) {
    if (const Instance* instance = find_instance(id)) {
      writes.emplace_back(PutInstance{*instance});
    } else {
      writes.emplace_back(DeleteInstance{id});
    }
  }
  batch_.writes.insert(batch_.writes.begin(), std::make_move_iterator(writes.begin()),
                       std::make_move_iterator(writes.end()));
}

void Manager::tell(EventType type, std::string subject, std::string message) {
  ClusterEvent event{.seq = ++event_seq_,
                     .at = now_.wall,
                     .type = type,
                     .subject = std::move(subject),
                     .message = std::move(message)};
  batch_.writes.emplace_back(AppendEvent{event});
  act(PublishEvent{std::move(event)});
}

Manager::NodeRecord* Manager::record_of(const NodeName& name) {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second;
}

std::vector<const Node*> Manager::nodes() const {
  std::vector<const Node*> all;
  all.reserve(nodes_.size());
  for (const auto& [name, record] : nodes_) all.push_back(&record.node);
  return all;
}

const Node* Manager::find_node(const NodeName& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second.node;
}

const NodeSoftState* Manager::find_soft_state(const NodeName& name) const {
  const auto found = nodes_.find(name);
  return found == nodes_.end() ? nullptr : &found->second.soft;
}

const std::set<InstanceId>& Manager::instances_on(const NodeName& node) const {
  static const std::set<InstanceId> kNone;
  const auto found = instances_on_.find(node);
  return found == instances_on_.end() ? kNone : found->second;
}

}  // namespace hearth::core
