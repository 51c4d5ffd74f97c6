#include "adapters/clock/system_clock.h"

#include <ctime>

#include "base/check.h"

namespace hearth {

Instant SystemClock::now() const {
  timespec boot{};
  timespec wall{};
  HEARTH_CHECK(clock_gettime(CLOCK_BOOTTIME, &boot) == 0);
  HEARTH_CHECK(clock_gettime(CLOCK_REALTIME, &wall) == 0);
  const auto length = [](const timespec& time) {
    return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
  };
  return {MonoTime(length(boot)),
          WallTime(std::chrono::duration_cast<WallTime::duration>(length(wall)))};
}

}  // namespace hearth
