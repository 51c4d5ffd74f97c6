#include "core/restart/restart_record.h"

#include <algorithm>

namespace hearth::core {
namespace {

constexpr std::uint64_t kJitterParts = 1000;

Duration doubled(Duration first, std::uint32_t times, Duration most) {
  Duration wait = first;
  for (std::uint32_t i = 0; i < times && wait < most; ++i) wait *= 2;
  return std::min(wait, most);
}

}  // namespace

void RestartRecord::on_started(MonoTime now) {
  running_since_ = now;
}

void RestartRecord::on_stopped(MonoTime now, Prng& prng) {
  forget_if_healthy(now);
  running_since_.reset();

  stops_.push_back(now);
  if (stops_.size() > settings_.crash_loop_count) stops_.pop_front();
  // Its waits thin its stops out: that fewer fall into the window does not make it well.
  in_crash_loop_ = in_crash_loop_ || (stops_.size() == settings_.crash_loop_count &&
                                      now - stops_.front() <= settings_.crash_loop_window);

  const std::uint32_t waits = waits_++;
  if (waits == 0) {
    next_start_ = now;
    return;
  }
  const Duration wait = in_crash_loop_
                            ? settings_.backoff_max
                            : doubled(settings_.backoff_min, waits - 1, settings_.backoff_max);
  const auto jitter = static_cast<Duration::rep>(prng.below(kJitterParts));
  next_start_ = now + wait + wait / 5 * jitter / static_cast<Duration::rep>(kJitterParts);
}

void RestartRecord::forget_if_healthy(MonoTime now) {
  if (!running_since_ || now - *running_since_ < settings_.healthy_after) return;
  stops_.clear();
  waits_ = 0;
  in_crash_loop_ = false;
}

}  // namespace hearth::core
