#pragma once

#include <cstdint>

#include "base/time.h"
#include "model/ids.h"

namespace hearth {

/// A record that a manager sends to itself, to learn whether the bus carries.
struct Canary {
  Epoch epoch;            ///< Of the sending manager: another's canary proves nothing to us.
  std::uint64_t seq = 0;  ///< Counts within the epoch.
  MonoTime sent_at;       ///< On the sending manager's own monotonic clock.
  bool operator==(const Canary&) const = default;
};

}  // namespace hearth
