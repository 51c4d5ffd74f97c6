#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace hearth {

/// Keeps a repeated fault from filling the log: at most one line per kind and period, which gives
/// the number of lines suppressed before it. Not thread-safe.
class LogLimit {
 public:
  static constexpr Duration kPeriod = std::chrono::seconds(10);
  /// Kinds remembered; at this bound all are forgotten, at the cost of a few more lines.
  static constexpr std::size_t kKindsMax = 1000;

  /// The number of lines of this kind suppressed since the last one, or nullopt to suppress this
  /// one too.
  std::optional<std::uint64_t> admit(const std::string& kind, MonoTime now);
  /// Logs `text` as a warning unless a line of its kind was logged within the period.
  void warn(const std::string& kind, std::string_view text, MonoTime now);

 private:
  struct Kind {
    MonoTime next;
    std::uint64_t left_out = 0;
  };
  std::map<std::string, Kind> kinds_;
};

}  // namespace hearth
