#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "base/result.h"
#include "base/time.h"

namespace hearth {

/// Which of a container's two output streams a rule reads.
enum class LogStream : std::uint8_t { kAny, kStdout, kStderr };

/// What is done when a rule fires, a probe fails for good, or a trend nears its limit; from the
/// mildest to the strongest.
enum class HealthAction : std::uint8_t {
  kEvent,    ///< Only reported.
  kMark,     ///< The instance counts as degraded until the cause has passed.
  kRestart,  ///< A fresh container in its place, on the same node.
  kReplace,  ///< Another instance starts, and takes over once it is ready.
};

/// A line that matches is a fault, once `count` of them were written within `within`.
struct MustNotAppear {
  std::string pattern;
  std::string unless;  ///< A line that also matches this is not counted. Empty: none is spared.
  std::uint32_t count = 1;  ///< 1..kRuleCountMax.
  Duration within{};        ///< > 0 if `count` > 1.
  bool operator==(const MustNotAppear&) const = default;
};
/// Readiness: a matching line must be written within `within` of the container's start.
struct MustAppear {
  std::string pattern;
  Duration within{};  ///< > 0.
  bool operator==(const MustAppear&) const = default;
};
/// Liveness: a matching line must be written at least every `every`, from `grace` after the
/// container's start on.
struct MustRecur {
  std::string pattern;
  Duration every{};  ///< > 0.
  Duration grace{};  ///< The first line may take this long, if it is longer than `every`.
  bool operator==(const MustRecur&) const = default;
};
/// No line at all for `longest`.
struct LogSilence {
  Duration longest{};  ///< > 0.
  bool operator==(const LogSilence&) const = default;
};

/// What a container's log must, or must not, contain. Patterns are RE2's.
struct LogRule {
  std::string name;  ///< Unique in its workload: letters, digits, '-', '_', '.'.
  std::variant<MustNotAppear, MustAppear, MustRecur, LogSilence> condition;
  LogStream stream = LogStream::kAny;
  HealthAction action = HealthAction::kEvent;
  /// At most one action of this rule within this time; further firings are counted.
  Duration hold_off = std::chrono::minutes(5);
  bool operator==(const LogRule&) const = default;
};

/// Bounds of a workload's rules.
inline constexpr std::size_t kLogRulesMax = 200;
inline constexpr std::size_t kPatternBytesMax = 1024;
inline constexpr std::size_t kRuleNameBytesMax = 64;
/// A rule that counts keeps one instant per counted line.
inline constexpr std::uint32_t kRuleCountMax = 1000;
inline constexpr Duration kRuleTimeMax = std::chrono::hours(24 * 7);

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(LogStream stream);
std::string_view name_of(HealthAction action);
Result<LogStream> parse_log_stream(std::string_view text);
Result<HealthAction> parse_health_action(std::string_view text);

}  // namespace hearth
