#pragma once

#include "ports/clock.h"

namespace hearth {

/// The machine's clocks. Monotonic time is CLOCK_BOOTTIME, which continues while the machine is
/// suspended, so deadlines that passed meanwhile are late but not forgotten. Any thread.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

}  // namespace hearth
