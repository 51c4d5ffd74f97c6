#include "core/node_watch/incident_allowance.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::core {

bool IncidentAllowance::take(MonoTime now) {
  const MonoTime full_at = std::max(state_.full_at, now) + kRefill;
  if (full_at - now <= kBurstMax * kRefill) {
    state_.full_at = full_at;
    return true;
  }
  ++state_.left_out;
  state_.left_out_at = now;
  return false;
}

std::uint64_t IncidentAllowance::take_left_out(MonoTime now) {
  if (state_.left_out == 0 || now - state_.left_out_at < kCalm) return 0;
  return std::exchange(state_.left_out, 0);
}

void IncidentAllowance::check_invariants() const {
  HEARTH_CHECK(state_.left_out == 0 || state_.full_at > state_.left_out_at);
}

}  // namespace hearth::core
