#pragma once

#include <cstdint>

#include "base/prng.h"
#include "base/time.h"

namespace hearth {

/// How long to wait before something that failed is tried again: `first`, then twice as long each
/// time, `most` at most.
///
/// Where many may fail together (a broker is gone, a manager), the wait is drawn longer by up to a
/// fifth, so that they do not come back together. A value; it counts nothing.
class Backoff {
 public:
  /// 0 < first <= most.
  constexpr Backoff(Duration first, Duration most) : first_(first), most_(most) {}

  /// The wait after `failures` in a row, >= 1.
  Duration after(std::uint32_t failures) const;
  /// The same, drawn longer by [0, 1/5) of it.
  Duration after(std::uint32_t failures, Prng& prng) const;

 private:
  Duration first_;
  Duration most_;
};

}  // namespace hearth
