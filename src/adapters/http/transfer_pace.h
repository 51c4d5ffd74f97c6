#pragma once

#include <cstdint>

#include "base/time.h"

namespace hearth::http {

/// How much of a time has passed, and is left, since its construction.
class Countdown {
 public:
  explicit Countdown(Duration whole) : whole_(whole) {}
  Duration passed() const { return std::chrono::steady_clock::now() - begin_; }
  /// Never negative.
  Duration left() const;

 private:
  std::chrono::steady_clock::time_point begin_ = std::chrono::steady_clock::now();
  Duration whole_;
};

/// How slowly a peer may move one body. A timeout for each read or write alone is no bound: who
/// moves one byte just before each of them runs out keeps a connection for days.
struct TransferPace {
  /// Beyond what the rate allows, and for any single step.
  Duration grace;
  /// A minimum rate, since the time that a body of a gigabyte may take depends on its size.
  std::uint64_t bytes_per_second;
  /// For a whole body, whatever its size. Duration::max() for a stream without an end.
  Duration whole_max;
};

/// 128 kbit/s is what the slowest line carries over which an image of some hundred megabytes can be
/// moved within whole_max; slower ones fail by the bound instead of after it.
inline constexpr std::uint64_t kBodyBytesPerSecondMin = 16 * 1024;
inline constexpr Duration kBodyTimeMax = std::chrono::hours(6);

/// Holds one body against its pace. Only the time that the peer took counts, not what our own disk
/// took in between. Does not read a clock: whoever moves the bytes says how long that took.
class TransferMeter {
 public:
  explicit TransferMeter(const TransferPace& pace) : pace_(pace) {}

  /// How long the next step may take; zero: the peer has been too slow.
  Duration left() const;
  void add(std::uint64_t bytes, Duration took);

 private:
  TransferPace pace_;
  std::uint64_t bytes_ = 0;
  Duration spent_ = Duration::zero();
};

}  // namespace hearth::http
