#include "core/growth/growth.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <utility>

namespace hearth::core {
namespace {

using Seconds = std::chrono::duration<double>;

/// A point of the lower envelope: the use has not been below `level` since `at`.
struct Point {
  double at;  ///< Seconds since the first span.
  double level;
};
using Points = std::span<const Point>;

constexpr std::size_t kPointsMin = 6;
/// Less than this share of the limit, or this many units, is noise.
constexpr double kRiseShareMin = 0.01;
constexpr double kRiseMin = 4;
/// A fall by this part of everything between the lowest and the highest level is a fall back.
constexpr std::uint64_t kFallPart = 4;

/// The last span that is evidence: that of the latest trough, or the last one if the use has not
/// fallen back, or has left its peaks behind.
std::size_t last_evidence(const std::vector<LevelSpan>& spans) {
  std::uint64_t lowest = spans.front().low;
  std::uint64_t highest = spans.front().high;
  for (const LevelSpan& span : spans) {
    lowest = std::min(lowest, span.low);
    highest = std::max(highest, span.high);
  }
  const std::uint64_t fall = std::max<std::uint64_t>((highest - lowest) / kFallPart, 1);

  bool is_falling = false;
  std::size_t trough = 0;
  std::uint64_t peak = spans.front().high;  // Since the latest trough.
  std::uint64_t top = 0;                    // Of all peaks from which it fell back; 0: none.
  for (std::size_t i = 1; i < spans.size(); ++i) {
    const LevelSpan& span = spans[i];
    if (is_falling) {
      if (span.low <= spans[trough].low) {
        trough = i;
      } else if (span.high >= spans[trough].low + fall) {
        is_falling = false;
        peak = span.high;
      }
    } else if (peak >= span.low + fall) {
      top = std::max(top, peak);
      is_falling = true;
      trough = i;
    } else {
      peak = std::max(peak, span.high);
    }
  }
  const std::size_t last = spans.size() - 1;
  if (top == 0) return last;
  const std::uint64_t height = top - std::min(top, spans[trough].low);
  return spans.back().low > top + height / kFallPart ? last : trough;
}

std::vector<Point> envelope_of(const std::vector<LevelSpan>& spans, std::size_t last) {
  std::vector<Point> points(last + 1);
  std::uint64_t low = spans[last].low;
  for (std::size_t i = last + 1; i-- > 0;) {
    low = std::min(low, spans[i].low);
    points[i] = {.at = Seconds(spans[i].begin - spans.front().begin).count(),
                 .level = static_cast<double>(low)};
  }
  return points;
}

/// The level at a time that lies between the first point and the last one.
double level_at(Points points, double at) {
  const auto after = std::upper_bound(points.begin(), points.end(), at,
                                      [](double x, const Point& point) { return x < point.at; });
  if (after == points.end()) return points.back().level;
  if (after == points.begin()) return points.front().level;
  const Point& before = *std::prev(after);
  const double share = (at - before.at) / (after->at - before.at);
  return before.level + share * (after->level - before.level);
}

/// Units a second, by Theil and Sen.
double slope_of(Points points) {
  std::vector<double> slopes;
  slopes.reserve(points.size() * points.size() / 2);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = i + 1; j < points.size(); ++j)
      slopes.push_back((points[j].level - points[i].level) / (points[j].at - points[i].at));
  }
  if (slopes.empty()) return 0;
  const auto middle = slopes.begin() + static_cast<std::ptrdiff_t>(slopes.size() / 2);
  std::nth_element(slopes.begin(), middle, slopes.end());
  return *middle;
}

Points since(Points points, double at) {
  const auto first = std::lower_bound(points.begin(), points.end(), at,
                                      [](const Point& point, double x) { return point.at < x; });
  return {first, points.end()};
}

/// Whether the level rises in each quarter of the window, and goes on rising.
bool is_sustained(Points points, double begin, double window, double rise_min) {
  double levels[5];
  for (int i = 0; i < 5; ++i) levels[i] = level_at(points, begin + window * i / 4);
  const double rise = levels[4] - levels[0];
  if (rise < rise_min) return false;
  for (int i = 0; i < 4; ++i) {
    if (levels[i + 1] - levels[i] < rise / 12) return false;
  }
  return levels[4] - levels[3] >= rise / 8;
}

/// `late`: seconds from the last point to now.
std::optional<Growth> measure(Points points, double window, double limit, double late) {
  const Point& last = points.back();
  const double begin = last.at - window;
  const double rise_min = std::max(limit * kRiseShareMin, kRiseMin);
  const Points whole = since(points, begin);
  const Points half = since(points, last.at - window / 2);
  if (whole.size() < kPointsMin || !is_sustained(points, begin, window, rise_min))
    return std::nullopt;
  const double slope = std::min(slope_of(whole), slope_of(half));
  if (slope <= 0) return std::nullopt;
  const double left = std::max((limit - last.level) / slope - late, 0.0);
  if (left > Seconds(kGrowthAheadMax).count()) return std::nullopt;
  return Growth{.per_minute = slope * 60,
                .full_in = std::chrono::duration_cast<Duration>(Seconds(left)),
                .observed = std::chrono::duration_cast<Duration>(Seconds(window)),
                .is_sure = left <= window / 2};
}

}  // namespace

std::optional<Growth> growth_of(const std::vector<LevelSpan>& spans, std::uint64_t limit,
                                MonoTime now) {
  if (spans.size() < kPointsMin) return std::nullopt;
  const auto lowest = std::min_element(
      spans.begin(), spans.end(),
      [](const LevelSpan& one, const LevelSpan& other) { return one.low < other.low; });
  if (spans.back().low == lowest->low) return std::nullopt;  // The common case, at no cost.
  const std::size_t last = last_evidence(spans);
  const std::vector<Point> points = envelope_of(spans, last);
  const double late = Seconds(now - spans[last].begin).count();
  const double all = points.back().at;

  std::optional<Growth> found;
  const auto judge = [&](double window) {
    const auto growth = measure(points, window, static_cast<double>(limit), late);
    if (!growth) return;
    const bool is_more_urgent = growth->is_sure && (!found || growth->full_in < found->full_in);
    if (!found || (growth->is_sure && !found->is_sure) || is_more_urgent) found = growth;
  };
  judge(all);
  double window = all / 1.5;
  while (window >= Seconds(kGrowthWindowMin).count()) {
    judge(window);
    window /= 1.5;
  }
  return found;
}

}  // namespace hearth::core
