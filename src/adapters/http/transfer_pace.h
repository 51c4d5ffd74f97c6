#pragma once

#include <cstdint>

#include "base/time.h"

namespace hearth::http {

/// Measures how much of a time has passed and is left since its construction.
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

/// The slowest acceptable pace of one body. A timeout per read or write is no bound: a peer that
/// moves one byte just before each timeout keeps a connection for days.
struct TransferPace {
  /// Time beyond what the rate allows; also the limit of any single step.
  Duration grace;
  /// The minimum rate: the time that a body is allowed depends on its size.
  std::uint64_t bytes_per_second;
  /// The limit for a whole body of any size. Duration::max() for an endless stream.
  Duration whole_max;
};

/// 128 kbit/s: on the slowest line over which an image of some hundred megabytes can be moved
/// within whole_max. Slower peers fail by this bound instead of after whole_max.
inline constexpr std::uint64_t kBodyBytesPerSecondMin = 16 * 1024;
inline constexpr Duration kBodyTimeMax = std::chrono::hours(6);

/// Checks one body against its pace. Only the peer's time counts, not what our own disk takes in
/// between. Reads no clock: the caller passes the time that each step took.
class TransferMeter {
 public:
  explicit TransferMeter(const TransferPace& pace) : pace_(pace) {}

  /// The time allowed for the next step; zero: the peer has been too slow.
  Duration left() const;
  void add(std::uint64_t bytes, Duration took);

 private:
  TransferPace pace_;
  std::uint64_t bytes_ = 0;
  Duration spent_ = Duration::zero();
};

}  // namespace hearth::http
