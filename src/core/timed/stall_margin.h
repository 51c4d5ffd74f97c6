#pragma once

#include "base/time.h"

namespace hearth::core {

/// The owner's loop ran `lateness` late and resumed at `ended_at`.
struct Stall {
  Duration lateness;
  MonoTime ended_at;
};

/// Puts a deadline off so that what waits behind a stall is processed first.
///
/// Adding the lateness to a deadline is not enough. If the stall began right before the deadline,
/// the deadline is due in the first step after the stall, before the heartbeats, replies and
/// outcomes that arrived meanwhile are processed. So a deadline is also kept away from the end of
/// the stall by a margin: the length of the stall, but at most `most`.
///
/// A margin after every stall would put the deadline off forever if every step is late. So the
/// margins of one wait add up to at most twice `most`, and each stall takes at most half of what is
/// left. One margin per wait was rejected: a second stall soon after the first would get none.
/// A plain value, a part of what its owner saves. Not thread-safe.
struct StallMargin {
  Duration given{};  ///< Sum of the margins of this wait.

  /// Returns the new deadline: later by the lateness, and at least the margin after the end of the
  /// stall. `most` >= 0; it may differ between calls.
  MonoTime put_off(MonoTime deadline, const Stall& stall, Duration most);
  /// A new wait begins.
  void renew() { given = Duration::zero(); }

  bool operator==(const StallMargin&) const = default;
};

}  // namespace hearth::core
