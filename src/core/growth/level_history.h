#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"

namespace hearth::core {

/// The lowest and the highest level of a use from `begin` until the next span begins.
struct LevelSpan {
  MonoTime begin;
  std::uint64_t low = 0;
  std::uint64_t high = 0;
  bool operator==(const LevelSpan&) const = default;
};

/// What a container used in the past, in a bounded number of spans.
///
/// The latest spans are kSpanMin long. Older ones are merged, so that a span is the longer the
/// older it is: about a sixth of its age. So a fast growth of minutes and a slow one of an hour are
/// both seen in kSpansMax points. Merging loses no low and no high.
///
/// Times must not run backwards. Without a sample for a while the span before lasts longer.
/// A plain value, a part of what its owner saves. Not thread-safe.
struct LevelHistory {
  static constexpr Duration kSpanMin = std::chrono::seconds(15);
  static constexpr std::size_t kSpansMax = 40;

  std::vector<LevelSpan> spans;   ///< That have ended; ascending.
  std::optional<LevelSpan> open;  ///< The one that lasts.

  /// True if a span ended: there is something to judge. Forgets what is older than `horizon`.
  bool add(std::uint64_t level, Duration horizon, MonoTime now);
  bool operator==(const LevelHistory&) const = default;
};

}  // namespace hearth::core
