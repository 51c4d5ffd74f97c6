#include "core/evidence/verdict.h"

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"

namespace hearth::core {
namespace {

Verdict explained_by_dial(DialOutcome dial, const Evidence& evidence,
                          const LivenessSettings& settings) {
  const std::string silence =
      fmt::format("silent for {} while the bus works", show_duration(evidence.silent_for));
  switch (dial) {
    case DialOutcome::kAnswered:
      return {NodeState::kUnreachable, silence +
                                           "; its agent answers a dial, so the node is up and only "
                                           "its connection to the bus is down"};
    case DialOutcome::kRefused:
      if (evidence.agent_down_for >= settings.agent_down_grace) {
        return {NodeState::kDead,
                fmt::format("{}; its host refuses the dial, and its agent has been down for {}",
                            silence, show_duration(evidence.agent_down_for))};
      }
      return {NodeState::kAgentDown,
              silence + "; its host refuses the dial, so the machine is up but its agent is down"};
    case DialOutcome::kNoAnswer:
      return {NodeState::kDead, silence + "; its agent does not answer a dial"};
    case DialOutcome::kNotAsked: break;  // No evidence: a dial record never reports it.
  }
  HEARTH_CHECK(false);
}

std::optional<Verdict> verdict_of(const Evidence& evidence, const LivenessSettings& settings) {
  switch (evidence.silence) {
    case Silence::kShort: return std::nullopt;
    case Silence::kSuspicious:
      return Verdict{NodeState::kSuspect, fmt::format("silent for {} while the bus works",
                                                      show_duration(evidence.silent_for))};
    case Silence::kLong:
    case Silence::kUnconfirmed:
      if (evidence.dial) return explained_by_dial(*evidence.dial, evidence, settings);
      if (evidence.silence == Silence::kUnconfirmed && !evidence.dial_proven) {
        return Verdict{
            NodeState::kDead,
            fmt::format("silent for {} while the bus works; dialling it has never worked, so "
                        "there is no second witness",
                        show_duration(evidence.silent_for))};
      }
      return Verdict{NodeState::kSuspect,
                     fmt::format("silent for {} while the bus works; waiting for the dial",
                                 show_duration(evidence.silent_for))};
  }
  HEARTH_CHECK(false);
}

/// What a state may turn into without a sign of life.
bool may_turn(NodeState from, NodeState to) {
  if (from == to) return false;
  switch (from) {
    case NodeState::kAwaited:
    case NodeState::kDead: return false;
    case NodeState::kLive: return true;
    case NodeState::kSuspect: return to != NodeState::kLive;
    case NodeState::kUnreachable:
    case NodeState::kAgentDown: return to != NodeState::kLive && to != NodeState::kSuspect;
  }
  HEARTH_CHECK(false);
}

}  // namespace

std::optional<Verdict> judge(NodeState state, const Evidence& evidence,
                             const LivenessSettings& settings) {
  if (!evidence.bus_carries) return std::nullopt;
  std::optional<Verdict> verdict = verdict_of(evidence, settings);
  if (!verdict || !may_turn(state, verdict->state)) return std::nullopt;
  return verdict;
}

}  // namespace hearth::core
