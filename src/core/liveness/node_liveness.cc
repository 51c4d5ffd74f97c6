#include "core/liveness/node_liveness.h"

#include <algorithm>

#include "base/check.h"

namespace hearth::core {

NodeLiveness::NodeLiveness(const LivenessSettings& settings, MonoTime now)
    : settings_(settings), last_sign_(now) {
  HEARTH_CHECK(settings_.suspect_after > Duration::zero());
  HEARTH_CHECK(settings_.dead_after > settings_.suspect_after);
  HEARTH_CHECK(settings_.dead_after_unconfirmed >= settings_.dead_after);
}

void NodeLiveness::on_sign(MonoTime at) {
  last_sign_ = std::max(last_sign_, at);
}

void NodeLiveness::restart(MonoTime now) {
  last_sign_ = std::max(last_sign_, now);
}

void NodeLiveness::excuse(Duration lateness, MonoTime now) {
  HEARTH_CHECK(lateness >= Duration::zero());
  last_sign_ = std::max(last_sign_, std::min(last_sign_ + lateness, now));
}

Duration NodeLiveness::silence_at(MonoTime now) const {
  HEARTH_CHECK(now >= last_sign_);
  return now - last_sign_;
}

Silence NodeLiveness::grade_at(MonoTime now) const {
  const Duration silence = silence_at(now);
  if (silence >= settings_.dead_after_unconfirmed) return Silence::kUnconfirmed;
  if (silence >= settings_.dead_after) return Silence::kLong;
  if (silence >= settings_.suspect_after) return Silence::kSuspicious;
  return Silence::kShort;
}

std::optional<MonoTime> NodeLiveness::next_change(MonoTime now) const {
  switch (grade_at(now)) {
    case Silence::kShort: return last_sign_ + settings_.suspect_after;
    case Silence::kSuspicious: return last_sign_ + settings_.dead_after;
    case Silence::kLong: return last_sign_ + settings_.dead_after_unconfirmed;
    case Silence::kUnconfirmed: return std::nullopt;
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::core
