#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/log_rule.h"

namespace hearth::cli {

/// What log rules do with a recorded log: what `hearth logs check` shows. The rules are the core's,
/// which this layer cannot see: whoever makes the command passes a TryLogRules (app/log_trial).
struct LogTrial {
  /// A rule that fired.
  struct Firing {
    Duration after{};        ///< Since the first line.
    std::uint64_t line = 0;  ///< From 1; 0: for want of a line.
    std::string rule;
    HealthAction action{};
    std::string why;
    std::string text;            ///< The line, shortened; empty for want of one.
    std::uint64_t held_off = 0;  ///< Firings since the one before that the hold-off suppressed.
    bool operator==(const Firing&) const = default;
  };
  struct Rule {
    std::string name;
    HealthAction action{};
    std::uint64_t matched = 0;  ///< Lines; of a `silence`, which has no pattern, all.
    std::uint64_t fired = 0;
    std::uint64_t held_off = 0;
    bool awaits_readiness = false;  ///< A `must_appear`.
    std::string standing;           ///< At the end of the log, as in docs/reference/log_rules.md.
    std::string words;              ///< What is wrong; else empty.
    bool operator==(const Rule&) const = default;
  };

  std::uint64_t lines = 0;
  std::optional<WallTime> first;  ///< When the first line was written; nullopt without timestamps.
  Duration length{};              ///< From the first line to the last.
  std::vector<Firing> firings;
  std::uint64_t left_out = 0;  ///< Firings beyond the bound.
  std::vector<Rule> rules;     ///< In their order.
};

/// The recorded log, one line each.
struct LogRecording {
  std::istream& lines;
  /// nullopt: the lines begin with timestamps if the first one does, and are all written at once if
  /// it does not. Else each is taken as it is, this much after the one before.
  std::optional<Duration> interval;
};

/// kInvalidArgument: a line whose time cannot be, or patterns that are too large together.
using TryLogRules =
    std::function<Result<LogTrial>(const std::vector<LogRule>& rules, const LogRecording& log)>;

}  // namespace hearth::cli
