#include "core/decision_gate/decision_gate.h"

#include <algorithm>

#include "core/memory_keeper/memory_keeper.h"

namespace hearth::core {

Severity severity_of(const HealthVerdict& verdict) {
  if (!verdict.restart.empty()) return Severity::kRestart;
  if (verdict.must_be_replaced) return Severity::kReplacement;
  return verdict.health == Health::kDegraded ? Severity::kDegraded : Severity::kNone;
}

HealthVerdict DecisionGate::pass(const HealthVerdict& verdict, MonoTime now) {
  const Severity severity = severity_of(verdict);
  if (severity <= state_.granted) return let_pass(verdict);
  state_.sought = severity;
  if (!state_.due) state_.due = now + kDecisionWait;
  return now >= *state_.due ? let_pass(verdict) : state_.passed;
}

const HealthVerdict& DecisionGate::let_pass(const HealthVerdict& verdict) {
  state_ = {.passed = verdict, .granted = severity_of(verdict)};
  return state_.passed;
}

void DecisionGate::on_stored() {
  state_.granted = std::max(state_.granted, std::exchange(state_.taken, Severity::kNone));
}

}  // namespace hearth::core
