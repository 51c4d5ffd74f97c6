// What nodes tell: signs of life, and what became of their instances and builds.

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"
#include "core/manager/manager.h"
#include "core/manager/node_record.h"

namespace hearth::core {
namespace {

constexpr std::size_t kFormerBootsMax = 8;

bool serves(const InstanceStatus& status) {
  return status.state == InstanceState::kRunning;
}

}  // namespace

void Manager::hear(NodeRecord& record, const Heartbeat& heartbeat, MonoTime received_at, Way way) {
  if (is_stale(record, heartbeat)) {
    ++counters_.heartbeats_stale;
    return;
  }
  record.soft.last_heard = received_at;
  record.soft.load = heartbeat.load;
  record.soft.applied = heartbeat.applied;
  if (heartbeat.report) record.soft.report = heartbeat.report;
  if (took_over(record)) {
    record.wished_at.reset();
  } else if (!record.wished_at) {
    record.wished_at = now_.mono;  // It fell back, as one does that lost its disk.
  }

  if (way == Way::kBus) {
    const Duration age =
        heartbeat.sent_at ? record.age.age_of(*heartbeat.sent_at, received_at) : Duration::zero();
    sign_of_life(record, heartbeat, received_at - age);
  }
  // What a dead node tells is kept, but it is not believed before its life is.
  if (heartbeat.report && record.node.state != NodeState::kDead)
    take_report(record, *heartbeat.report);
  // A report that was sent before we listened would be missed for long: ask for one.
  if (record.node.state == NodeState::kLive) {
    const bool untold = heartbeat.incarnation.told() && !record.soft.report;
    if (!untold) record.next_fetch.reset();
    if (untold && !record.next_fetch) record.next_fetch = now_.mono;
  }
  note_usability(record);
  note_trouble(record, heartbeat);
  tend(record);
}

/// A wish of an epoch that we have not reached is not ours: our store was lost or set back.
bool Manager::took_over(const NodeRecord& record) const {
  return record.soft.applied >= record.soft.wished && record.soft.applied.epoch <= epoch_;
}

/// Work that waits is looked at again when a node becomes fit to take it, or ceases to be.
void Manager::note_usability(NodeRecord& record) {
  std::string usability = unusable(record);
  if (usability.empty()) usability = strain_of(record.soft.load);
  if (record.usability == usability) return;
  record.usability = std::move(usability);
  capacity_changed_ = true;
}

/// A problem that passes, as an engine that restarts, is waited for; so is a bus that does not
/// reach a node with what it is told. Judged by what it says itself: it may long be well unheard.
void Manager::note_trouble(NodeRecord& record, const Heartbeat& heartbeat) {
  const bool untold = record.node.state == NodeState::kUnreachable && !took_over(record);
  if (!untold && !heartbeat.report) return;
  if (!untold && heartbeat.report->problem.empty()) {
    record.given_up_at.reset();
    record.given_up = false;
    return;
  }
  if (!record.given_up_at) record.given_up_at = now_.mono + settings_.liveness.agent_down_grace;
  if (!bus_carries_ || record.given_up || now_.mono < *record.given_up_at) return;
  record.given_up = true;
  capacity_changed_ = true;
}

/// True for a message of a former life and for one that was heard already (or overtaken).
bool Manager::is_stale(NodeRecord& record, const Heartbeat& heartbeat) {
  const Incarnation& life = heartbeat.incarnation;
  if (!life.told()) return false;  // A box without an agent: whatever it says, it lives.
  if (life == record.heard) {
    if (!heartbeat.seq) return false;
    if (record.last_seq && *heartbeat.seq <= *record.last_seq) return true;
    record.last_seq = heartbeat.seq;
    return false;
  }
  const Incarnation& last = record.heard.told() ? record.heard : record.node.incarnation;
  if (life.boot_id == last.boot_id && life.start_count < last.start_count) return true;
  if (std::find(record.former_boots.begin(), record.former_boots.end(), life.boot_id) !=
      record.former_boots.end()) {
    return true;
  }
  if (last.told() && life.boot_id != last.boot_id) {
    record.former_boots.push_back(last.boot_id);
    if (record.former_boots.size() > kFormerBootsMax) record.former_boots.pop_front();
  }
  record.heard = life;
  record.last_seq = heartbeat.seq;
  record.age = {};
  return false;
}

void Manager::sign_of_life(NodeRecord& record, const Heartbeat& heartbeat, MonoTime sign_at) {
  Node& node = record.node;
  record.silence.on_sign(sign_at);
  // An aged message says that the node lived then. It does not say that it lives now.
  if (record.silence.grade_at(now_.mono) != Silence::kShort) return;

  const Incarnation& life = heartbeat.incarnation;
  // A box without an agent names no life: what it says once its power is back is of the new one.
  const bool booting = node.recovery.phase == RecoveryPhase::kBooting;
  const bool same_life = life.told() ? life == node.incarnation : !booting;
  const std::uint32_t attempt = node.recovery.attempt;
  bool recovered = false;
  if (node.recovery.phase != RecoveryPhase::kNone) {
    recovered = record.ladder.on_heartbeat(
        same_life ? RecoveryLadder::SameLife::kYes : RecoveryLadder::SameLife::kNo, now_.mono);
    climb(record);
    if (!recovered) return;
  }
  if (life.told() && !same_life) {
    const bool new_boot = node.incarnation.told() && node.incarnation.boot_id != life.boot_id;
    node.incarnation = life;
    nodes_touched_.insert(node.name);
    if (new_boot) boot_anew(record);
  }
  const std::optional<std::uint16_t> port = node.port_named ? std::nullopt : heartbeat.agent_port;
  if (port && *port != node.agent.port) {
    node.agent.port = *port;
    record.dial.readdress(now_.mono);
    nodes_touched_.insert(node.name);
  }
  if (node.state == NodeState::kLive) return;
  if (recovered) {
    tell(EventType::kNodeRecovered, "node/" + node.name.str(),
         fmt::format("node '{}' is back{} after {} attempt{}", node.name.str(),
                     same_life ? "" : " with a new life", attempt, attempt == 1 ? "" : "s"));
  }
  const bool first = node.state == NodeState::kAwaited;
  become(record, NodeState::kLive, first ? "heard for the first time" : "heard again");
}

/// With the machine went its containers. What runs there now its report will tell, which may take
/// long where the engine does not come up.
void Manager::boot_anew(NodeRecord& record) {
  for (const InstanceId& id : instances_on(record.node.name)) {
    Instance& instance = *find_instance(id);
    if (instance.status.state == InstanceState::kAssigned) continue;
    instance.status.state = InstanceState::kAssigned;
    instance.status.container = {};
    instance.status.reason = "its node booted anew and has not told of it yet";
    instance.changed_at = now_.wall;
    touch(instance);
  }
}

void Manager::take_report(NodeRecord& record, const Report& report) {
  Node& node = record.node;
  if (node.capacity != report.capacity) {
    node.capacity = report.capacity;
    nodes_touched_.insert(node.name);
  }
  for (const auto& [id, status] : report.instances) {
    Instance* instance = find_instance(id);
    if (instance != nullptr && instance->node == node.name)
      take_status(*instance, status, node.name);
  }
  // An agent in trouble may not have seen its containers yet.
  if (took_over(record) && report.problem.empty()) {
    const std::set<InstanceId> here = instances_on(node.name);
    for (const InstanceId& id : here) {
      const bool gone = !report.instances.contains(id);
      if (gone && find_instance(id)->desire == InstanceDesire::kStop) forget_instance(id);
    }
  }
  for (const BuildStatus& build : report.builds) take_build(node.name, build);
}

void Manager::take_status(Instance& instance, const InstanceStatus& status, const NodeName& node) {
  const InstanceStatus before = instance.status;
  if (before == status) return;
  const std::string& id = instance.id.str();
  const std::string subject = "instance/" + id;
  if (status.last_exit && status.last_exit != before.last_exit) {
    tell(EventType::kInstanceExited, subject,
         fmt::format("'{}' on '{}' ended with exit code {}{}", id, node.str(),
                     status.last_exit->code,
                     status.last_exit->out_of_memory ? ", out of memory" : ""));
  }
  if (serves(status) && (!serves(before) || before.container != status.container)) {
    tell(EventType::kInstanceStarted, subject,
         fmt::format("'{}' runs on '{}' in container {}{}", id, node.str(),
                     status.container.str().substr(0, 12),
                     status.restarts == 0 ? "" : fmt::format(", restart {}", status.restarts)));
  }
  if (status.state == InstanceState::kCrashLoop && before.state != InstanceState::kCrashLoop) {
    tell(EventType::kInstanceCrashLoop, subject,
         fmt::format("'{}' on '{}' stops again and again: {}", id, node.str(), status.reason));
  }
  if (before.state != status.state) {
    instance.changed_at = now_.wall;
    work_due_.insert(instance.workload);
  }
  instance.status = status;
  touch(instance);
}

}  // namespace hearth::core
