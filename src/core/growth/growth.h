#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "core/growth/level_history.h"

namespace hearth::core {

/// A sustained growth towards a limit.
struct Growth {
  double per_minute = 0;  ///< > 0.
  Duration full_in{};     ///< Until the limit, if it goes on like this.
  Duration observed{};    ///< For how long it has grown like this.
  /// It was observed for at least twice the time that is left: an extrapolation over more is a
  /// guess, which is good enough to be shown and not to act on.
  bool is_sure = false;
};

/// Judges the growth of a use towards `limit`; nullopt: it does not grow, or that is not certain.
///
/// A heap with a garbage collector grows and falls back for ever. So only the *lower envelope*
/// counts: the level below which the use has not fallen since. What has risen since it last fell
/// back is no evidence, until it exceeds its highest peak by a quarter of that peak's height. Of a
/// first rise, which has no peak before it, nothing but the rule of `is_sure` is known: a heap that
/// collects before it fills two thirds of its room is never mistaken.
///
/// The envelope must rise in each quarter of the time observed, in the last one at no less than
/// half of the mean: so neither a step nor a warm-up that levels off is a growth. The speed is the
/// median of the slopes between all pairs of points (Theil 1950, Sen 1968), of which 29 % can be
/// wrong without effect; the lesser of that of the whole time and that of its second half. The
/// least squares of a straight line were rejected: one peak bends them.
///
/// Windows of different lengths are judged, since a growth may begin after hours of calm. The most
/// urgent sure one counts; if none is sure, the longest.
///
/// `spans`: ascending, their last one has ended at or before `now`. A pure function.
std::optional<Growth> growth_of(const std::vector<LevelSpan>& spans, std::uint64_t limit,
                                MonoTime now);

/// The shortest window that is judged.
inline constexpr Duration kGrowthWindowMin = std::chrono::minutes(2);
/// A growth that needs longer than this for its limit is none.
inline constexpr Duration kGrowthAheadMax = std::chrono::hours(24 * 7);

}  // namespace hearth::core
