#include "core/timed/stall_margin.h"

#include <algorithm>

#include "base/check.h"

namespace hearth::core {

MonoTime StallMargin::put_off(MonoTime deadline, const Stall& stall, Duration most) {
  HEARTH_CHECK(stall.lateness >= Duration::zero() && most >= Duration::zero());
  const Duration left = std::max(2 * most - given, Duration::zero());
  const Duration margin = std::min(stall.lateness, left / 2);
  const MonoTime by_lateness = deadline + stall.lateness;
  const Duration lacking = std::max(stall.ended_at + margin - by_lateness, Duration::zero());
  given += lacking;
  return by_lateness + lacking;
}

}  // namespace hearth::core
