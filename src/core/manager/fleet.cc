// The nodes' lives: who is silent, what that means, and how the lost ones come back.

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"
#include "core/evidence/verdict.h"
#include "core/manager/manager.h"
#include "core/manager/node_record.h"

namespace hearth::core {
namespace {

/// How often an unreachable node is asked for its status over HTTP.
constexpr Duration kFetchPeriod = std::chrono::seconds(1);
/// How long a node may take to say that it took over an assignment, before it is sent again.
constexpr Duration kRepublishAfter = std::chrono::seconds(3);

EventType event_of(NodeState state) {
  switch (state) {
    case NodeState::kAwaited: return EventType::kNodeImported;
    case NodeState::kLive: return EventType::kNodeLive;
    case NodeState::kSuspect: return EventType::kNodeSuspect;
    case NodeState::kUnreachable: return EventType::kNodeUnreachable;
    case NodeState::kAgentDown: return EventType::kNodeAgentDown;
    case NodeState::kDead: return EventType::kNodeDead;
  }
  HEARTH_CHECK(false);
}

}  // namespace

Manager::NodeRecord& Manager::add_node(const Node& node) {
  NodeRecord& record = nodes_.try_emplace(node.name, node, settings_, now_.mono).first->second;
  schedule(record);
  return record;
}

void Manager::watch_bus() {
  const bool carries = bus_.carries_at(now_.mono);
  if (carries != bus_carries_) {
    bus_carries_ = carries;
    if (carries) {
      for (auto& [name, record] : nodes_) {
        record.silence.restart(now_.mono);
        record.ladder.listen_again(now_.mono);
        if (record.judged() && record.node.state != NodeState::kLive)
          record.dial.discard(now_.mono);
        const bool unattended = record.node.state == NodeState::kDead && has_power(name) &&
                                record.node.recovery.phase == RecoveryPhase::kNone;
        if (unattended) record.recover_at = now_.mono + settings_.recovery.backoff_min;
        if (record.given_up_at)
          record.given_up_at = now_.mono + settings_.liveness.agent_down_grace;
        schedule(record);
      }
      tell(EventType::kBusSeeing, "manager", "the bus carries; silences are counted from now");
    } else {
      tell(EventType::kBusBlind, "manager",
           fmt::format("{}: nobody is judged and nothing moves until the bus carries again",
                       blindness(now_.mono)));
    }
  }
  if (now_.mono >= bus_.next_send()) {
    bus_.on_sent(now_.mono);
    act(SendCanary{now_.mono});
  }
}

/// Why the bus does not count as carrying.
std::string Manager::blindness(MonoTime now) const {
  const std::optional<Duration> round_trip = bus_.round_trip();
  const bool slow = round_trip && *round_trip > bus_.round_trip_max() &&
                    bus_.silence_at(now) < 2 * *round_trip;  // They still come back.
  if (slow) {
    return fmt::format("the bus took {} to bring back what was sent, more than the {} it may take",
                       show_duration(*round_trip), show_duration(bus_.round_trip_max()));
  }
  return fmt::format("nothing has come back over the bus for {}",
                     show_duration(bus_.silence_at(now)));
}

void Manager::tend_nodes() {
  std::vector<NodeName> due;
  while (!deadlines_.empty() && deadlines_.begin()->first <= now_.mono) {
    due.push_back(deadlines_.begin()->second);
    record_of(due.back())->queued.reset();
    deadlines_.erase(deadlines_.begin());
  }
  for (const NodeName& name : due) tend(*record_of(name));
}

void Manager::tend(NodeRecord& record) {
  judge(record);
  if (bus_carries_) record.ladder.on_tick(now_.mono);
  recover_late(record);
  climb(record);
  if (record.judged() && now_.mono >= record.dial.next_dial()) {
    const std::uint64_t dial = record.dial.on_dialled(now_.mono);
    act(Dial{record.node.name, record.node.agent, dial, record.dial.timeout()});
  }
  if (record.next_fetch && now_.mono >= *record.next_fetch) {
    record.next_fetch = now_.mono + kFetchPeriod;
    act(FetchStatus{record.node.name, record.node.agent});
  }
  republish_if_unheard(record);
  schedule(record);
}

void Manager::judge(NodeRecord& record) {
  if (!record.judged()) return;
  const Evidence evidence{.silence = record.silence.grade_at(now_.mono),
                          .silent_for = record.silence.silence_at(now_.mono),
                          .bus_carries = bus_carries_,
                          .dial_proven = record.dial.proven(),
                          .dial = record.dial.evidence(),
                          .agent_down_for = record.agent_down_since
                                                ? now_.mono - *record.agent_down_since
                                                : Duration::zero()};
  if (std::optional<Verdict> verdict =
          core::judge(record.node.state, evidence, settings_.liveness)) {
    become(record, verdict->state, std::move(verdict->evidence));
  }
}

void Manager::become(NodeRecord& record, NodeState state, std::string evidence) {
  Node& node = record.node;
  tell(event_of(state), "node/" + node.name.str(),
       fmt::format("node '{}' is {}: {}", node.name.str(), name_of(state), evidence));
  node.state = state;
  node.evidence = std::move(evidence);
  node.changed_at = now_.wall;
  nodes_touched_.insert(node.name);
  capacity_changed_ = true;
  touch_work_on(node.name);

  record.agent_down_since.reset();
  record.next_fetch.reset();
  switch (state) {
    case NodeState::kAwaited: break;
    case NodeState::kLive: record.dial.end_silence(now_.mono); break;
    case NodeState::kSuspect: record.dial.begin_silence(now_.mono); break;
    case NodeState::kUnreachable: record.next_fetch = now_.mono; break;
    case NodeState::kAgentDown: record.agent_down_since = now_.mono; break;
    case NodeState::kDead: lose(record); break;
  }
  schedule(record);
}

/// Goes on with a silence that an earlier manager judged. Whom it could tell by a dial was known to
/// answer dials.
void Manager::resume(NodeRecord& record) {
  switch (record.node.state) {
    case NodeState::kAwaited:
    case NodeState::kLive:
    case NodeState::kDead: return;
    case NodeState::kSuspect: record.dial.begin_silence(now_.mono); break;
    case NodeState::kUnreachable:
      record.dial.resume_silence(now_.mono);
      record.next_fetch = now_.mono;
      break;
    case NodeState::kAgentDown:
      record.dial.resume_silence(now_.mono);
      record.agent_down_since = now_.mono;
      break;
  }
  schedule(record);
}

void Manager::lose(NodeRecord& record) {
  const NodeName& name = record.node.name;
  for (const InstanceId& id : instances_on(name)) {
    Instance& instance = *find_instance(id);
    if (instance.desire == InstanceDesire::kStop) continue;
    const bool is_known = instance.status.state == InstanceState::kLost;
    instance.status.state = InstanceState::kLost;
    instance.status.reason = fmt::format("its node '{}' is dead", name.str());
    instance.changed_at = now_.wall;
    touch(instance);
    if (is_known) continue;
    tell(EventType::kInstanceLost, "instance/" + id.str(),
         fmt::format("'{}' is lost with node '{}'", id.str(), name.str()));
  }
  if (!has_power(name)) return;
  record.ladder.on_dead(now_.mono);
  climb(record);
}

/// Brings back a node that was dead before it had a power driver, unless it comes by itself.
void Manager::recover_late(NodeRecord& record) {
  if (record.node.state != NodeState::kDead) record.recover_at.reset();
  if (!bus_carries_ || !record.recover_at || now_.mono < *record.recover_at) return;
  record.recover_at.reset();
  record.ladder.on_dead(now_.mono);
}

/// Takes over what the ladder decided: remembered first, then told to the driver.
void Manager::climb(NodeRecord& record) {
  Node& node = record.node;
  const Recovery& recovery = record.ladder.recovery();
  if (node.recovery != recovery) {
    const bool new_phase = node.recovery.phase != recovery.phase;
    node.recovery = recovery;
    nodes_touched_.insert(node.name);
    const std::string subject = "node/" + node.name.str();
    const auto attempt =
        fmt::format("attempt {} of {}", recovery.attempt, settings_.recovery.attempts_max);
    if (new_phase) {
      switch (recovery.phase) {
        case RecoveryPhase::kNone:
        case RecoveryPhase::kBooting: break;
        case RecoveryPhase::kSwitchingOff:
          tell(EventType::kNodePowerOff, subject,
               fmt::format("power-cycling node '{}': off ({})", node.name.str(), attempt));
          break;
        case RecoveryPhase::kSwitchingOn:
          tell(EventType::kNodePowerOn, subject,
               fmt::format("node '{}' is off; switching it on ({})", node.name.str(), attempt));
          break;
        case RecoveryPhase::kWaiting:
          tell(EventType::kNodeRecoveryFailed, subject,
               fmt::format("bringing node '{}' back failed ({}): {}", node.name.str(), attempt,
                           recovery.reason));
          break;
        case RecoveryPhase::kQuarantined:
          capacity_changed_ = true;
          tell(EventType::kNodeQuarantined, subject,
               fmt::format("node '{}' is set aside after {} attempts: {}; a person must look at it",
                           node.name.str(), recovery.attempt, recovery.reason));
          break;
      }
    }
  }
  if (const std::optional<PowerVerb> verb = record.ladder.take_verb()) {
    act(SwitchPower{node.name, *verb, recovery.attempt});
  }
  schedule(record);
}

void Manager::republish_if_unheard(NodeRecord& record) {
  if (!record.wished_at || !record.judged() || now_.mono - *record.wished_at < kRepublishAfter)
    return;
  record.wished_at = now_.mono;
  if (!record.heard.told()) return;  // A box without an agent takes nothing over.
  record.republish = true;
  assignments_due_.insert(record.node.name);
}

/// Enters the node's next deadline. An entry that is earlier than needed stays: looking again costs
/// less than moving it at each heartbeat. One that is due by now has just been seen to.
void Manager::schedule(NodeRecord& record) {
  std::optional<MonoTime> next = bus_carries_ ? record.ladder.next_deadline() : std::nullopt;
  const auto consider = [&next](const std::optional<MonoTime>& other) {
    if (other && (!next || *other < *next)) next = other;
  };
  if (bus_carries_) consider(record.recover_at);
  if (record.judged()) {
    consider(record.silence.next_change(now_.mono));
    consider(record.dial.next_dial());
    consider(record.next_fetch);
    if (record.agent_down_since) {
      const MonoTime end_of_grace = *record.agent_down_since + settings_.liveness.agent_down_grace;
      if (end_of_grace > now_.mono) consider(end_of_grace);
    }
    if (record.wished_at) consider(*record.wished_at + kRepublishAfter);
  }
  if (record.queued && *record.queued <= now_.mono) {
    deadlines_.erase({*record.queued, record.node.name});
    record.queued.reset();
  }
  if (!next || (record.queued && *record.queued <= *next)) return;
  if (record.queued) deadlines_.erase({*record.queued, record.node.name});
  deadlines_.emplace(*next, record.node.name);
  record.queued = next;
}

bool Manager::has_power(const NodeName& name) const {
  return settings_.power_by_default || settings_.with_power.contains(name);
}

}  // namespace hearth::core
