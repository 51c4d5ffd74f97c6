#include "core/liveness/node_liveness.h"

#include <algorithm>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<NodeLiveness>);

NodeLiveness::NodeLiveness(const LivenessSettings& settings, MonoTime now)
    : NodeLiveness(settings, State{.last_sign = now, .as_of = now, .margin = {}}) {}

NodeLiveness::NodeLiveness(const LivenessSettings& settings, const State& state)
    : settings_(settings), state_(state) {
  HEARTH_CHECK(settings_.suspect_after > Duration::zero());
  HEARTH_CHECK(settings_.dead_after > settings_.suspect_after);
  HEARTH_CHECK(settings_.dead_after_unconfirmed >= settings_.dead_after);
}

void NodeLiveness::on_sign(MonoTime at, MonoTime now) {
  HEARTH_CHECK(at <= now);
  if (at > state_.last_sign) state_.margin.renew();
  state_.last_sign = std::max(state_.last_sign, at);
  state_.as_of = now;
}

Silence NodeLiveness::on_tick(MonoTime now) {
  state_.as_of = now;
  return grade_at(now);
}

void NodeLiveness::on_stall(Duration lateness, MonoTime now) {
  HEARTH_CHECK(lateness >= Duration::zero());
  Duration excused = lateness;
  const std::optional<MonoTime> deadline = next_deadline();
  // One that passed before the stall belongs to a node that is not judged.
  if (deadline && *deadline + lateness >= now) {
    const Stall stall{.lateness = lateness, .ended_at = now};
    excused = state_.margin.put_off(*deadline, stall, margin_max()) - *deadline;
  }
  // Both move, so that the grade stays, and a grade that is reached at `now` is still acted on.
  state_.last_sign = std::min(state_.last_sign + excused, now);
  state_.as_of = std::min(state_.as_of + excused, now);
}

/// Little enough not to take the grade back.
Duration NodeLiveness::margin_max() const {
  const Duration most = settings_.suspect_after / 2;
  switch (grade_at(state_.as_of)) {
    case Silence::kShort: return most;
    case Silence::kSuspicious:
      return std::min(most, settings_.dead_after - settings_.suspect_after);
    case Silence::kLong:
      return std::min(most, settings_.dead_after_unconfirmed - settings_.dead_after);
    case Silence::kUnconfirmed: return Duration::zero();
  }
  HEARTH_CHECK(false);
}

void NodeLiveness::restart(MonoTime now) {
  state_.last_sign = std::max(state_.last_sign, now);
  state_.as_of = now;
  state_.margin.renew();
}

Duration NodeLiveness::silence_at(MonoTime now) const {
  HEARTH_CHECK(now >= state_.last_sign);
  return now - state_.last_sign;
}

Silence NodeLiveness::grade_at(MonoTime now) const {
  const Duration silence = silence_at(now);
  if (silence >= settings_.dead_after_unconfirmed) return Silence::kUnconfirmed;
  if (silence >= settings_.dead_after) return Silence::kLong;
  if (silence >= settings_.suspect_after) return Silence::kSuspicious;
  return Silence::kShort;
}

std::optional<MonoTime> NodeLiveness::next_deadline() const {
  switch (grade_at(state_.as_of)) {
    case Silence::kShort: return state_.last_sign + settings_.suspect_after;
    case Silence::kSuspicious: return state_.last_sign + settings_.dead_after;
    case Silence::kLong: return state_.last_sign + settings_.dead_after_unconfirmed;
    case Silence::kUnconfirmed: return std::nullopt;
  }
  HEARTH_CHECK(false);
}

void NodeLiveness::check_invariants() const {
  HEARTH_CHECK(state_.last_sign <= state_.as_of);
}

}  // namespace hearth::core
