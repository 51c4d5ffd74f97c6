#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "base/time.h"

namespace hearth {

/// Keeps a fault that repeats from filling the log: of each kind one line per period, which says
/// how many were left out before it. Not thread-safe.
class LogLimit {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(10);
  /// Kinds remembered; at the bound the memory is emptied, at the price of a few more lines.
  static constexpr std::size_t kKindsMax = 1000;

  /// Returns how many were left out since the last line of this kind, or nullopt to stay quiet.
  std::optional<std::uint64_t> admit(const std::string& kind, MonoTime now);

 private:
  struct Kind {
    MonoTime next;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace hearth
