#pragma once

#include <optional>

#include "base/time.h"
#include "model/history.h"
#include "model/workload.h"

namespace hearth::core {

/// A span of civil time, begin <= end.
struct Window {
  WallTime begin;
  WallTime end;
};

/// How long a workload was available within a window. The parts add up to the window.
///
/// A part of the window counts as not known while the manager was blind or did not run, and before
/// the first entry that is kept if the workload may have existed then: what the entries say of that
/// time is not counted for or against the workload.
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
/// one's. `first_deploy`: when the workload came to be, from where on the window counts: until the
/// first entry nothing was wanted. nullopt: not known.
Availability availability_of(const History& history, const Window& window,
                             std::optional<WallTime> first_deploy);

/// When the workload was first deployed, as far as its releases and its history go back; nullopt:
/// they do not.
std::optional<WallTime> first_deploy_of(const Workload& workload, const History& history);

}  // namespace hearth::core
