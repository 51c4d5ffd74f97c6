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
  if (is_steady(sent_at, received_at) && run_->smallest - smallest() > kSteadyWithin) {
    smallest_now_ = run_->smallest;
    smallest_before_.reset();
    window_began_ = received_at;
  }
  return difference - smallest();
}

Duration HeartbeatAge::smallest() const {
  return std::min(*smallest_now_, smallest_before_.value_or(*smallest_now_));
}

/// Whether the run that this message continues is long enough to be believed.
bool HeartbeatAge::is_steady(MonoTime sent_at, MonoTime received_at) {
  const Duration difference = received_at - sent_at;
  const bool goes_on = run_ && sent_at >= run_->sent_at &&
                       std::chrono::abs(difference - run_->difference) <= kSteadyWithin;
  if (!goes_on) {
    run_ = Run{sent_at, received_at, difference, difference};
    return false;
  }
  ++run_->messages;
  run_->smallest = std::min(run_->smallest, difference);
  return run_->messages >= kSteadyMessages && sent_at - run_->sent_at >= kSteadyFor &&
         received_at - run_->received_at >= kSteadyFor;
}

}  // namespace hearth::core
