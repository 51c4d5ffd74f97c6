#pragma once

#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <fmt/format.h>

#include "core/manager/manager.h"

namespace hearth::core {

template <class Action>
std::vector<Action> actions_of(const ManagerBatch& batch) {
  std::vector<Action> found;
  for (const ManagerAction& action : batch.actions) {
    if (const auto* one = std::get_if<Action>(&action)) found.push_back(*one);
  }
  return found;
}

/// A heartbeat that shows only that the agent lives.
inline Heartbeat sign_of_life(std::uint64_t seq, const char* boot = "boot-1",
                              std::uint64_t start = 1) {
  return {.incarnation = {boot, start}, .seq = seq, .sent_at = std::nullopt};
}

/// For tests: a manager with the small world that it needs. Nodes send heartbeats, dials are
/// answered, the bus returns the canary, a store keeps what is written; each of these can be taken
/// away. Instead of agents, heartbeats report that assigned instances run and builds succeed.
class ManagerScene {
 public:
  struct Beat {
    Incarnation incarnation;
    std::uint64_t seq = 0;
    MonoTime next{};
  };

  explicit ManagerScene(ManagerSettings settings = settings_with_power()) : settings_(settings) {
    start();
  }

  static ManagerSettings settings_with_power() {
    return {.liveness = settings_of(LivenessProfile::kDefault),
            .recovery = {},
            .with_power = {},
            .power_by_default = true};
  }
  static NodeName node(const std::string& name) { return *NodeName::parse(name); }
  static WorkloadName app() { return *WorkloadName::parse("app"); }
  static Digest bundle(char letter) { return *Digest::parse("sha256:" + std::string(64, letter)); }
  static InstanceId id(std::uint64_t number) { return make_instance_id(app(), number); }
  Instant now() const {
    return {now_,
            WallTime(std::chrono::seconds(now_.time_since_epoch() / std::chrono::seconds(1)))};
  }

  /// The manager is killed and restarted from the store.
  void restart() {
    manager.reset();
    start();
  }
  /// The same, with another configuration.
  void restart(ManagerSettings settings) {
    settings_ = std::move(settings);
    restart();
  }

  // Commands.
  Result<CommandResult> ask(Command command) {
    step(CommandReceived{{++requests_}, std::move(command)});
    for (const ManagerAction& action : last.actions) {
      if (const auto* reply = std::get_if<Reply>(&action)) return reply->result;
    }
    return fail(ErrorCode::kTimeout, "no reply");
  }
  void import(const std::vector<std::string>& names) {
    ImportNodes command;
    for (const std::string& name : names) {
      command.nodes.push_back({node(name), name, {.address = "10.0.0.1", .port = 7701}});
    }
    (void)ask(command);
  }
  Result<CommandResult> deploy(std::uint32_t count, char bundle_letter = 'a') {
    return ask(DeployWorkload{app(), {.instances = count, .bundle = bundle(bundle_letter)}});
  }
  /// Nodes a, b, c are live and known to answer dials; the workload runs.
  void run_app(std::uint32_t count) {
    import({"a", "b", "c"});
    for (const char* name : {"a", "b", "c"}) beat(name);
    pass(std::chrono::seconds(1));
    (void)deploy(count);
    pass(std::chrono::seconds(2));
  }

  // What happens around it.
  void beat(const std::string& name, std::string boot_id = "boot-1") {
    beats[node(name)] = {.incarnation = {std::move(boot_id), 1}, .seq = 0, .next = now_};
    dials[node(name)] = DialOutcome::kAnswered;
  }
  /// The machine is gone: no heartbeat, no answer.
  void kill(const std::string& name) {
    beats.erase(node(name));
    dials[node(name)] = DialOutcome::kNoAnswer;
  }
  ManagerBatch heartbeat(const std::string& name, const Heartbeat& heartbeat) {
    return step(HeartbeatReceived{node(name), heartbeat, now_});
  }

  ManagerBatch step(const ManagerEvent& event) {
    last = manager->step(event, now());
    if (swaps_for_a_copy) manager = std::make_unique<Manager>(settings_, manager->save());
    if (checks_invariants) manager->check_invariants();
    for (const Write& write : last.writes) std::visit([this](const auto& w) { keep(w); }, write);
    const ManagerBatch batch = last;
    batches.push_back(batch);
    for (const ManagerAction& action : batch.actions) note(action);
    last = batch;
    return batch;
  }
  /// Lets time pass; everything that is due happens.
  void pass(Duration duration) {
    const MonoTime end = now_ + duration;
    while (true) {
      MonoTime next = std::min(end, std::max(now_, manager->next_deadline()));
      for (const auto& [name, one] : beats) next = std::min(next, std::max(now_, one.next));
      if (!due_.empty()) next = std::min(next, due_.begin()->first);
      now_ = next;
      if (!due_.empty() && due_.begin()->first <= now_) {
        const ManagerEvent event = due_.begin()->second;
        due_.erase(due_.begin());
        step(event);
      } else if (!beat_if_due()) {
        step(Ticked{});
      }
      if (now_ >= end && due_soon() > end) return;
    }
  }
  /// The manager's own loop stands still.
  void oversleep(Duration duration) { now_ += duration; }

  // The results.
  NodeState state(const std::string& name) const { return nodes.at(node(name)).state; }
  template <class Action>
  std::vector<Action> done() const {
    std::vector<Action> found;
    for (const ManagerBatch& batch : batches) {
      for (Action& one : actions_of<Action>(batch)) found.push_back(std::move(one));
    }
    return found;
  }
  std::vector<PowerVerb> switched() const {
    std::vector<PowerVerb> all;
    for (const SwitchPower& one : done<SwitchPower>()) all.push_back(one.verb);
    return all;
  }
  std::size_t reported(EventType type) const {
    std::size_t count = 0;
    for (const PublishEvent& one : done<PublishEvent>()) count += one.event.type == type ? 1 : 0;
    return count;
  }
  void forget_history() { batches.clear(); }
  /// The running instances, by node.
  std::map<NodeName, std::set<InstanceId>> placed() const {
    std::map<NodeName, std::set<InstanceId>> found;
    for (const auto& [instance_id, instance] : instances) {
      if (instance.node && instance.desired_state == DesiredState::kRun)
        found[*instance.node].insert(instance_id);
    }
    return found;
  }

  std::unique_ptr<Manager> manager;
  ManagerBatch last;
  std::vector<ManagerBatch> batches;
  bool swaps_for_a_copy = false;  ///< Replace the manager after every step by one from its state.
  bool checks_invariants = true;  ///< Of the manager, after every step.
  bool bus_carries = true;
  bool agents_obey = true;  ///< Assigned instances run at once, ordered builds are done.
  std::optional<InstanceUsage>
      usage;  ///< Of each instance, as its node reports it; nullopt: not reported.
  bool agents_take_over = true;  ///< They report that they follow their assignment.
  bool builds_fail = false;
  std::map<NodeName, std::string> builds_retried;  ///< Why the tries of a node's builds fail.
  std::map<NodeName, std::string> troubles;  ///< The problem that the agent of a node reports.
  std::map<NodeName, Beat> beats;
  std::map<NodeName, DialOutcome> dials;
  std::map<NodeName, Assignment> assigned;  ///< As last published.
  // The store.
  Epoch epoch;
  std::uint64_t last_event_seq = 0;
  std::vector<HistoryEntry> history;
  std::map<NodeName, Node> nodes;
  std::map<WorkloadName, Workload> workloads;
  std::map<InstanceId, Instance> instances;

 private:
  void start() {
    Snapshot snapshot{.epoch = epoch, .last_event_seq = last_event_seq};
    for (const auto& [name, one] : nodes) snapshot.nodes.push_back(one);
    for (const auto& [name, one] : workloads) snapshot.workloads.push_back(one);
    for (const auto& [name, one] : instances) snapshot.instances.push_back(one);
    due_.clear();
    manager = std::make_unique<Manager>(settings_, std::move(snapshot), now());
    step(Started{});
  }

  void keep(const PutEpoch& write) { epoch = write.epoch; }
  void keep(const PutNode& write) { nodes.insert_or_assign(write.node.name, write.node); }
  void keep(const PutWorkload& write) {
    workloads.insert_or_assign(write.workload.name, write.workload);
  }
  void keep(const PutInstance& write) {
    instances.insert_or_assign(write.instance.id, write.instance);
  }
  void keep(const DeleteInstance& write) { instances.erase(write.id); }
  void keep(const AppendEvent& write) { last_event_seq = write.event.seq; }
  void keep(const AppendHistory& write) { history.push_back(write.entry); }
  void keep(const PutAlive&) {}

  void note(const ManagerAction& action) {
    if (const auto* canary = std::get_if<SendCanary>(&action)) {
      if (bus_carries) due_.emplace(now_, CanaryReturned{canary->sent_at});
    } else if (const auto* dial = std::get_if<Dial>(&action)) {
      const auto found = dials.find(dial->node);
      const DialOutcome outcome = found == dials.end() ? DialOutcome::kNoAnswer : found->second;
      const Duration wait = outcome == DialOutcome::kNoAnswer ? dial->timeout : Duration(0);
      due_.emplace(now_ + wait, Dialled{dial->node, dial->dial, outcome});
    } else if (const auto* publish = std::get_if<PublishAssignment>(&action)) {
      assigned.insert_or_assign(publish->assignment.node, publish->assignment);
    }
  }
  MonoTime due_soon() const {
    MonoTime next = manager->next_deadline();
    for (const auto& [name, one] : beats) next = std::min(next, one.next);
    if (!due_.empty()) next = std::min(next, due_.begin()->first);
    return next;
  }
  bool beat_if_due() {
    for (auto& [name, one] : beats) {
      if (one.next > now_) continue;
      one.next = now_ + settings_.liveness.heartbeat_interval;
      if (!bus_carries) return true;
      step(HeartbeatReceived{name, heartbeat_of(name, one), now_});
      return true;
    }
    return false;
  }
  Heartbeat heartbeat_of(const NodeName& name, Beat& beat_of) {
    Heartbeat heartbeat{.incarnation = beat_of.incarnation,
                        .seq = ++beat_of.seq,
                        .sent_at = now_,
                        .applied = {},
                        .load = {},
                        .agent_port = std::nullopt,
                        .report = Report{}};
    const auto trouble = troubles.find(name);
    if (trouble != troubles.end()) heartbeat.report->problem = trouble->second;
    const auto latest = assigned.find(name);
    if (latest == assigned.end() || !agents_take_over) return heartbeat;
    heartbeat.applied = latest->second.number;
    if (!agents_obey) return heartbeat;
    for (const AssignedInstance& one : latest->second.instances) {
      heartbeat.report->instances[one.id] = {
          .state = one.desired_state == DesiredState::kRun ? InstanceState::kRunning
                                                           : InstanceState::kStaged,
          .container = {fmt::format("{}-on-{}", one.id.str(), name.str())}};
      if (usage) heartbeat.report->usage[one.id] = *usage;
    }
    for (const BuildOrder& order : latest->second.builds) {
      BuildStatus status{.workload = order.workload, .generation = order.generation};
      const auto retried = builds_retried.find(name);
      if (retried != builds_retried.end()) {
        status.reason = retried->second;
      } else if (builds_fail) {
        status.state = BuildState::kFailed;
        status.reason = "RUN make ended with 2";
      } else {
        status.state = BuildState::kDone;
        status.archive = bundle('f');
      }
      heartbeat.report->builds.push_back(std::move(status));
    }
    return heartbeat;
  }

  ManagerSettings settings_;
  MonoTime now_{std::chrono::hours(1)};
  std::uint64_t requests_ = 0;
  std::multimap<MonoTime, ManagerEvent> due_;
};

}  // namespace hearth::core
