#include "core/growth/level_history.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace hearth::core {

namespace {

/// Merges the two neighbours that are, together, the shortest for their age.
void thin_out(std::vector<LevelSpan>& spans) {
  const MonoTime end = spans.back().begin + LevelHistory::kSpanMin;
  std::size_t best = 0;
  double best_share = 1;
  for (std::size_t i = 0; i + 2 < spans.size(); ++i) {
    const auto length = static_cast<double>((spans[i + 2].begin - spans[i].begin).count());
    const auto age = static_cast<double>((end - spans[i].begin).count());
    if (length / age >= best_share) continue;
    best = i;
    best_share = length / age;
  }
  LevelSpan& merged = spans[best];
  const LevelSpan& next = spans[best + 1];
  merged.low = std::min(merged.low, next.low);
  merged.high = std::max(merged.high, next.high);
  spans.erase(spans.begin() + static_cast<std::ptrdiff_t>(best) + 1);
}

}  // namespace

bool LevelHistory::add(std::uint64_t level, Duration horizon, MonoTime now) {
  if (!open) {
    open = LevelSpan{now, level, level};
    return false;
  }
  HEARTH_CHECK(now >= open->begin);
  if (now - open->begin < kSpanMin) {
    open->low = std::min(open->low, level);
    open->high = std::max(open->high, level);
    return false;
  }
  spans.push_back(*open);
  open = LevelSpan{now, level, level};
  while (spans.size() > 1 && now - spans[1].begin > horizon) spans.erase(spans.begin());
  if (spans.size() > kSpansMax) thin_out(spans);
  return true;
}

}  // namespace hearth::core
