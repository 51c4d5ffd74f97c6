#pragma once

#include <optional>
#include <utility>

#include "base/time.h"
#include "core/decision_gate/health_verdict.h"

namespace hearth::core {

/// Persist, then act: lets a verdict on a container pass only once what it rests on is stored.
///
/// What calls for more than before (a mark, a replacement, a restart) is held back until then, and
/// the verdict before it stands meanwhile; for kDecisionWait at most, because a disk that refuses
/// must not keep a service down. What calls for less passes at once. Of one container. Sans-io, not
/// thread-safe.
class DecisionGate {
 public:
  struct State {
    HealthVerdict passed;                ///< The last one.
    Severity granted = Severity::kNone;  ///< What may pass.
    Severity sought = Severity::kNone;   ///< What waits; kNone: nothing does.
    Severity taken = Severity::kNone;    ///< What is being stored.
    std::optional<MonoTime> due;         ///< When what waits passes at the latest.
    bool operator==(const State&) const = default;
  };

  DecisionGate() = default;
  explicit DecisionGate(State state) : state_(std::move(state)) {}
  const State& state() const { return state_; }

  /// The verdict that holds now.
  HealthVerdict pass(const HealthVerdict& verdict, MonoTime now);
  /// Whether something waits that is not being stored yet.
  bool is_unsaved() const { return state_.sought > state_.taken; }
  /// What is known is about to be stored.
  void on_taken() { state_.taken = state_.sought; }
  /// It was.
  void on_stored();
  std::optional<MonoTime> next_deadline() const { return state_.due; }

 private:
  const HealthVerdict& let_pass(const HealthVerdict& verdict);

  State state_;
};

}  // namespace hearth::core
