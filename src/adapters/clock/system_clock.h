#pragma once

#include "ports/clock.h"

namespace hearth {

/// The machine's clocks. Monotonic time is CLOCK_BOOTTIME: it goes on while the machine is
/// suspended, so what was due in the meantime is late and not forgotten. Any thread.
class SystemClock final : public Clock {
 public:
  Instant now() const override;
};

}  // namespace hearth
