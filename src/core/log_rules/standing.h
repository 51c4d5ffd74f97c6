#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/rule_watch/rule_watch.h"

namespace hearth::core {

/// Whether the log's reader knows the latest line.
enum class LogReading : std::uint8_t {
  kBehind,        ///< It is connected, and has older lines to read first.
  kCaughtUp,      ///< What is written arrives at once.
  kReconnecting,  ///< It is not connected.
  kUnreadable,    ///< The container's log cannot be read at all.
};

/// Why nothing can be concluded from what a container does not write.
enum class WatchObstacle : std::uint8_t {
  kContainerStopped,
  kContainerPaused,
  kRuntimeHangs,
  kRuntimeInDoubt,  ///< Whether the runtime answers is being found out.
  kNodeStarved,     ///< Its node is short of a resource.
};

/// What a rule says of the container.
enum class RuleStanding : std::uint8_t {
  kMet,
  kWaiting,        ///< For its first line; it has time left.
  kFaulty,         ///< It fired, or would have but for its hold-off, and the cause has not passed.
  kStandingStill,  ///< Nothing can be concluded from what is absent, for the moment.
  kNoData,         ///< Nothing can be concluded at all. Neither good nor bad.
};

/// Whether the rules say that the container is ready.
enum class LogReadiness : std::uint8_t {
  kReady,    ///< Each `must_appear` was seen, or there is none.
  kWaiting,  ///< Not yet.
  kUnknown,  ///< A line that is missing may have been written where it could not be read.
};

/// A rule as operators see it.
struct RuleStatus {
  std::string rule;
  RuleStanding standing{};
  std::string words;  ///< The fault, or why nothing can be concluded; else empty.
  std::optional<LogFiring> last;
  std::uint64_t held_off = 0;  ///< Since `last`.
  bool operator==(const RuleStatus&) const = default;
};

/// Stable lower-case names, for example "standing_still".
std::string_view name_of(RuleStanding standing);
std::string_view name_of(LogReadiness readiness);

/// In words, for example "its container is paused".
std::string_view words_of(WatchObstacle obstacle);
/// Empty if it is caught up.
std::string_view words_of(LogReading reading);

}  // namespace hearth::core
