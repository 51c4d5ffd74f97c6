#include "base/backoff.h"

#include <algorithm>

#include "base/check.h"

namespace hearth {
namespace {

constexpr int kJitterShare = 5;
constexpr std::uint64_t kJitterSteps = 1000;

}  // namespace

Duration Backoff::after(std::uint32_t failures) const {
  HEARTH_CHECK(failures >= 1);
  Duration wait = first_;
  for (std::uint32_t i = 1; i < failures && wait < most_; ++i) wait *= 2;
  return std::min(wait, most_);
}

Duration Backoff::after(std::uint32_t failures, Prng& prng) const {
  const Duration wait = after(failures);
  const auto drawn = static_cast<Duration::rep>(prng.below(kJitterSteps));
  return wait + wait / kJitterShare * drawn / static_cast<Duration::rep>(kJitterSteps);
}

}  // namespace hearth
