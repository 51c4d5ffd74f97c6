#include "core/liveness/heartbeat_age.h"

#include <algorithm>

namespace hearth::core {

Duration HeartbeatAge::age_of(MonoTime sent_at, MonoTime received_at) {
  const Duration difference = received_at - sent_at;
  if (!state_.smallest_now || received_at - state_.window_began >= kWindow) {
    state_.smallest_before = state_.smallest_now;
    state_.smallest_now = difference;
    state_.window_began = received_at;
  }
  state_.smallest_now = std::min(*state_.smallest_now, difference);
  if (is_steady(sent_at, received_at) && state_.run->smallest - smallest() > kSteadyWithin) {
    state_.smallest_now = state_.run->smallest;
    state_.smallest_before.reset();
    state_.window_began = received_at;
  }
  return difference - smallest();
}

Duration HeartbeatAge::smallest() const {
  return std::min(*state_.smallest_now, state_.smallest_before.value_or(*state_.smallest_now));
}

/// Whether the run that this message continues is long enough to be believed.
bool HeartbeatAge::is_steady(MonoTime sent_at, MonoTime received_at) {
  const Duration difference = received_at - sent_at;
  const bool goes_on = state_.run && sent_at >= state_.run->sent_at &&
                       std::chrono::abs(difference - state_.run->difference) <= kSteadyWithin;
  if (!goes_on) {
    state_.run = Run{sent_at, received_at, difference, difference};
    return false;
  }
  ++state_.run->messages;
  state_.run->smallest = std::min(state_.run->smallest, difference);
  return state_.run->messages >= kSteadyMessages && sent_at - state_.run->sent_at >= kSteadyFor &&
         received_at - state_.run->received_at >= kSteadyFor;
}

}  // namespace hearth::core
