#pragma once

#include "base/time.h"

namespace hearth {

/// The only source of time for a shell.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

}  // namespace hearth
