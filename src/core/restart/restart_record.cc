#include "core/restart/restart_record.h"

#include "base/backoff.h"
#include "base/check.h"

namespace hearth::core {

bool is_final(RestartPolicy policy, const std::optional<ContainerExit>& exit) {
  switch (policy) {
    case RestartPolicy::kAlways: return false;
    case RestartPolicy::kOnFailure: return exit && exit->code == 0;
    case RestartPolicy::kNever: return true;
  }
  HEARTH_CHECK(false);
}

void RestartRecord::on_started(MonoTime now) {
  state_.running_since = now;
}

void RestartRecord::on_stopped(MonoTime now, Prng& prng) {
  forget_if_healthy(now);
  state_.running_since.reset();

  state_.stops.push_back(now);
  if (state_.stops.size() > settings_.crash_loop_count) state_.stops.pop_front();
  // The long waits alone make stops rarer: fewer of them in the window do not mean that it is well.
  state_.in_crash_loop =
      state_.in_crash_loop || (state_.stops.size() == settings_.crash_loop_count &&
                               now - state_.stops.front() <= settings_.crash_loop_window);

  const std::uint32_t waits = state_.waits++;
  if (waits == 0) {
    state_.next_start = now;
    return;
  }
  const Duration first = state_.in_crash_loop ? settings_.backoff_max : settings_.backoff_min;
  state_.next_start = now + Backoff(first, settings_.backoff_max).after(waits, prng);
}

void RestartRecord::forget_if_healthy(MonoTime now) {
  if (!state_.running_since || now - *state_.running_since < settings_.healthy_after) return;
  state_.stops.clear();
  state_.waits = 0;
  state_.in_crash_loop = false;
}

}  // namespace hearth::core
