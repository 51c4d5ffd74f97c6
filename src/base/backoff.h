#pragma once

#include <cstdint>

#include "base/prng.h"
#include "base/time.h"

namespace hearth {

/// The wait before a failed attempt is repeated: `first`, doubled after each further failure, up to
/// `most`.
///
/// Where many can fail together (a broker or a manager is down), a random part of up to a fifth is
/// added, so that they do not all return at once. A plain value; it counts nothing.
class Backoff {
 public:
  /// 0 < first <= most.
  constexpr Backoff(Duration first, Duration most) : first_(first), most_(most) {}

  /// The wait after `failures` in a row, >= 1.
  Duration after(std::uint32_t failures) const;
  /// The same plus a random [0, 1/5) of it.
  Duration after(std::uint32_t failures, Prng& prng) const;

 private:
  Duration first_;
  Duration most_;
};

}  // namespace hearth
