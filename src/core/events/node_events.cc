#include "core/events/node_events.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"

namespace hearth::core::events {
namespace {

EventType type_of(NodeState state) {
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

std::string subject_of(const NodeName& node) {
  return "node/" + node.str();
}

}  // namespace

EventDraft of(const NodeTransition& transition) {
  return {type_of(transition.to), subject_of(transition.node),
          fmt::format("node '{}' is {}: {}", transition.node.str(), name_of(transition.to),
                      transition.evidence)};
}

std::optional<EventDraft> of(const RecoveryChange& change, const NodeName& node,
                             std::uint32_t attempts_max) {
  const Recovery& recovery = change.after;
  if (change.before.phase == recovery.phase) return std::nullopt;
  const auto attempt = fmt::format("attempt {} of {}", recovery.attempt, attempts_max);
  const auto event = [&](EventType type, std::string message) {
    return EventDraft{type, subject_of(node), std::move(message)};
  };
  switch (recovery.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kBooting: return std::nullopt;
    case RecoveryPhase::kSwitchingOff:
      return event(
          EventType::kNodePowerOff,
          fmt::format("power-cycling node '{}': switching it off ({})", node.str(), attempt));
    case RecoveryPhase::kSwitchingOn:
      return event(EventType::kNodePowerOn,
                   fmt::format("node '{}' is off; switching it on ({})", node.str(), attempt));
    case RecoveryPhase::kWaiting:
      return event(EventType::kNodeRecoveryFailed,
                   fmt::format("recovery of node '{}' failed ({}): {}", node.str(), attempt,
                               recovery.reason));
    case RecoveryPhase::kQuarantined:
      return event(EventType::kNodeQuarantined,
                   fmt::format("node '{}' is quarantined after {} attempts and needs an operator: "
                               "{}",
                               node.str(), recovery.attempt, recovery.reason));
  }
  HEARTH_CHECK(false);
}

EventDraft of(const Recovered& recovered, const NodeName& node) {
  return {EventType::kNodeRecovered, subject_of(node),
          fmt::format("node '{}' is back{} after {} attempt{}", node.str(),
                      recovered.same_incarnation ? "" : " with a new incarnation",
                      recovered.attempts, recovered.attempts == 1 ? "" : "s")};
}

EventDraft node_imported(const Node& node) {
  return {EventType::kNodeImported, subject_of(node.name),
          fmt::format("node '{}' at {} was imported; it has not sent a heartbeat yet",
                      node.name.str(), node.agent.address)};
}

EventDraft incident_flood(const NodeName& node) {
  return {EventType::kNodeNoticed, subject_of(node),
          fmt::format("node '{}' reports more incidents than the {}, and one more every {}, that "
                      "become events: the others are counted",
                      node.str(), IncidentAllowance::kBurstMax,
                      show_duration(IncidentAllowance::kRefill))};
}

EventDraft incidents_left_out(const NodeName& node, std::uint64_t count) {
  return {EventType::kNodeNoticed, subject_of(node),
          fmt::format("{} incident{} of node '{}' did not become events: there were too many",
                      count, count == 1 ? "" : "s", node.str())};
}

}  // namespace hearth::core::events
