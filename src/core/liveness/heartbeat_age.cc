#include "core/liveness/heartbeat_age.h"

#include <algorithm>

namespace hearth::core {

Duration HeartbeatAge::age_of(MonoTime sent_at, MonoTime received_at) {
  const Duration difference = received_at - sent_at;
  if (!smallest_now_ || received_at - window_began_ >= kWindow) {
    smallest_before_ = smallest_now_;
    smallest_now_ = difference;
    window_began_ = received_at;
  }
  smallest_now_ = std::min(*smallest_now_, difference);
  const Duration smallest = std::min(*smallest_now_, smallest_before_.value_or(*smallest_now_));
  return difference - smallest;
}

}  // namespace hearth::core
