#pragma once

#include <optional>

#include "base/time.h"

namespace hearth::core {

/// How long a container has been watched: a clock that runs only while its log is surely read to
/// the end. What is absent is measured on it, because an absence proves nothing while nobody looks.
///
/// A plain value, a part of what its owner saves. Not thread-safe.
struct WatchedClock {
  Duration before{};                      ///< Watched before it last began to run.
  std::optional<MonoTime> running_since;  ///< nullopt: it stands still.

  /// The time watched as of `now`, which is not before it began to run.
  Duration at(MonoTime now) const;
  /// When it will show `watched`; nullopt while it stands still.
  std::optional<MonoTime> when(Duration watched) const;
  /// Repeated calls change nothing.
  void run(MonoTime now);
  void stop(MonoTime now);

  bool operator==(const WatchedClock&) const = default;
};

}  // namespace hearth::core
