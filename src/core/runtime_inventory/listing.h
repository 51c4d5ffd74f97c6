#pragma once

#include <algorithm>
#include <cstdint>

#include "base/time.h"
#include "model/container.h"

namespace hearth::core {

/// One step of an agent, as its parts see it. The number orders actions and listings: there can be
/// several steps at one instant.
struct Turn {
  std::uint64_t number = 0;  ///< Counts from 1.
  MonoTime now{};
  WallTime wall{};  ///< To tell how long ago something happened that has a wall clock's time.
  bool operator==(const Turn&) const = default;
};

/// When the container was started, at the latest: it is not created later than that.
inline MonoTime started_at(const Container& seen, const Turn& turn) {
  if (!seen.created_at) return turn.now;
  const Duration age = turn.wall - *seen.created_at;
  return turn.now - std::clamp(age, Duration(0), turn.now - MonoTime{});
}

/// What the runtime has, as of the turn in which it was requested: it shows nothing of what was
/// done in a later one.
struct Listing {
  Inventory inventory;
  std::uint64_t asked_in = 0;  ///< The number of that turn.
  MonoTime asked_at{};         ///< Its instant: the runtime was there to answer since.

  bool is_older_than(std::uint64_t turn_number) const { return asked_in < turn_number; }
};

}  // namespace hearth::core
