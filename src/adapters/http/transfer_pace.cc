#include "adapters/http/transfer_pace.h"

#include <algorithm>

namespace hearth::http {

Duration Countdown::left() const {
  return std::max(Duration::zero(), whole_ - passed());
}

Duration TransferMeter::left() const {
  constexpr std::uint64_t kSecondsMax = 1'000'000'000;  // More nanoseconds would overflow.
  const std::uint64_t seconds = std::min(bytes_ / pace_.bytes_per_second, kSecondsMax);
  const Duration allowed = std::min(pace_.grace + std::chrono::seconds(seconds), pace_.whole_max);
  return std::clamp(allowed - spent_, Duration::zero(), pace_.grace);
}

void TransferMeter::add(std::uint64_t bytes, Duration took) {
  bytes_ += bytes;
  spent_ += took;
}

}  // namespace hearth::http
