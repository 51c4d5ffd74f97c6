#pragma once

#include "base/time.h"
#include "model/history.h"

namespace hearth::core {

/// A span of civil time, begin <= end.
struct Window {
  WallTime begin;
  WallTime end;
};

/// How long a workload was available within a window. The parts add up to the window.
///
/// A part of the window counts as not known while the manager was blind or did not run, and before
/// the first entry that is kept: what the entries say of that time is not counted for or against
/// the workload.
struct Availability {
  WallClock::duration full{};      ///< At least as many instances were ready as were wanted.
  WallClock::duration reduced{};   ///< At least one, and fewer than were wanted.
  WallClock::duration none{};      ///< None, though some were wanted.
  WallClock::duration unwanted{};  ///< None was wanted.
  WallClock::duration unknown{};
  bool operator==(const Availability&) const = default;
};

/// By the entries of the workload as a whole and those of the manager, each in their order. An
/// entry whose time is before that of the one before it (a clock was set back) counts from that
/// one's.
Availability availability_of(const History& history, const Window& window);

}  // namespace hearth::core
