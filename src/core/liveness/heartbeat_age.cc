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
  Duration smallest_now = std::min(*state_.smallest_now, difference);
  Duration smallest = std::min(smallest_now, state_.smallest_before.value_or(smallest_now));
  const std::optional<Duration> steady = steady_way(sent_at, received_at);
  if (steady && *steady - smallest > kSteadyWithin) {
    smallest = smallest_now = *steady;
    state_.smallest_before.reset();
    state_.window_began = received_at;
  }
  state_.smallest_now = smallest_now;
  return difference - smallest;
}

/// The smallest difference of the run that this message continues, if the run is long enough.
std::optional<Duration> HeartbeatAge::steady_way(MonoTime sent_at, MonoTime received_at) {
  const Duration difference = received_at - sent_at;
  if (!state_.run || sent_at < state_.run->sent_at ||
      std::chrono::abs(difference - state_.run->difference) > kSteadyWithin) {
    state_.run = Run{sent_at, received_at, difference, difference};
    return std::nullopt;
  }
  Run& run = *state_.run;
  ++run.messages;
  run.smallest = std::min(run.smallest, difference);
  const bool is_steady = run.messages >= kSteadyMessages && sent_at - run.sent_at >= kSteadyFor &&
                         received_at - run.received_at >= kSteadyFor;
  return is_steady ? std::optional(run.smallest) : std::nullopt;
}

}  // namespace hearth::core
