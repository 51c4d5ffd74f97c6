#pragma once

#include <chrono>
#include <cstdint>

namespace hearth {

using Duration = std::chrono::nanoseconds;

/// A monotonic timeline, used for computing. It has no now(): only the shell and the simulator can
/// produce an instant, everything else receives one.
struct MonoClock {
  using duration = Duration;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<MonoClock, duration>;
  static constexpr bool is_steady = true;
};
using MonoTime = MonoClock::time_point;

/// Civil time (UTC, Unix epoch), used for display. Nothing is ever decided by it.
struct WallClock {
  using duration = std::chrono::milliseconds;
  using rep = duration::rep;
  using period = duration::period;
  using time_point = std::chrono::time_point<WallClock, duration>;
  static constexpr bool is_steady = false;
};
using WallTime = WallClock::time_point;

/// One moment on both timelines. `mono` is for computing; `wall` is only copied into records that
/// people read.
struct Instant {
  MonoTime mono;
  WallTime wall;
  bool operator==(const Instant&) const = default;
};

/// The civil time of `then`, by the clocks as they stand `now`.
constexpr WallTime wall_of(MonoTime then, const Instant& now) {
  return now.wall - std::chrono::duration_cast<WallClock::duration>(now.mono - then);
}

}  // namespace hearth
