#pragma once

#include "base/time.h"

namespace hearth {

/// The only way a shell learns the time.
class Clock {
 public:
  virtual ~Clock() = default;
  virtual Instant now() const = 0;
};

}  // namespace hearth
