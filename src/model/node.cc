#include "model/node.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<NodeState>, 6> kStates{{
    {NodeState::kAwaited, "awaited"},
    {NodeState::kLive, "live"},
    {NodeState::kSuspect, "suspect"},
    {NodeState::kUnreachable, "unreachable"},
    {NodeState::kAgentDown, "agent_down"},
    {NodeState::kDead, "dead"},
}};
constexpr std::array<EnumName<RecoveryPhase>, 6> kPhases{{
    {RecoveryPhase::kNone, "none"},
    {RecoveryPhase::kSwitchingOff, "switching_off"},
    {RecoveryPhase::kSwitchingOn, "switching_on"},
    {RecoveryPhase::kBooting, "booting"},
    {RecoveryPhase::kWaiting, "waiting"},
    {RecoveryPhase::kQuarantined, "quarantined"},
}};
constexpr std::array<EnumName<DialOutcome>, 4> kOutcomes{{
    {DialOutcome::kAnswered, "answered"},
    {DialOutcome::kRefused, "refused"},
    {DialOutcome::kNoAnswer, "no_answer"},
    {DialOutcome::kNotAsked, "not_asked"},
}};
constexpr std::array<EnumName<PowerVerb>, 2> kVerbs{{
    {PowerVerb::kOff, "off"},
    {PowerVerb::kOn, "on"},
}};

}  // namespace

std::string_view name_of(NodeState state) {
  return word_of(kStates, state);
}
std::string_view name_of(RecoveryPhase phase) {
  return word_of(kPhases, phase);
}
std::string_view name_of(DialOutcome outcome) {
  return word_of(kOutcomes, outcome);
}
std::string_view name_of(PowerVerb verb) {
  return word_of(kVerbs, verb);
}
Result<NodeState> parse_node_state(std::string_view text) {
  return value_of(kStates, text);
}
Result<RecoveryPhase> parse_recovery_phase(std::string_view text) {
  return value_of(kPhases, text);
}

}  // namespace hearth
