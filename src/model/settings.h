#pragma once

#include <chrono>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "base/result.h"
#include "base/time.h"

namespace hearth {

/// Settings of the deciders. Plain values: the reader of the configuration file checks the
/// relations noted here, and the deciders rely on them.

/// How long a node can be silent before it is judged.
/// 0 < heartbeat_interval < suspect_after < dead_after <= dead_after_unconfirmed.
struct LivenessSettings {
  Duration heartbeat_interval;  ///< Between two heartbeats of an agent; within the bounds below.
  Duration suspect_after;       ///< Silence that makes a node suspect.
  Duration dead_after;          ///< Silence that makes it dead if a dial agrees.
  Duration dead_after_unconfirmed;  ///< The same for a node that was never dialled successfully: no
                                    ///< second witness.
  Duration agent_down_grace;  ///< How long an agent can be down on a running host before its work
                              ///< is started elsewhere. >= 0.
  bool operator==(const LivenessSettings&) const = default;
};

/// A slower heartbeat is not a sign of life; a faster one costs an agent too much.
inline constexpr Duration kHeartbeatIntervalMin = std::chrono::milliseconds(10);
inline constexpr Duration kHeartbeatIntervalMax = std::chrono::hours(1);

/// Without a second witness the verdict waits this many times `dead_after`.
inline constexpr int kUnconfirmedFactor = 3;

enum class LivenessProfile : std::uint8_t {
  kDefault,
  kFast,
  kInstant,  ///< For a handful of nodes on a good network.
  kRelaxed,  ///< For slow or costly links.
};

constexpr LivenessSettings settings_of(LivenessProfile profile) {
  using std::chrono::milliseconds;
  const auto make = [](milliseconds heartbeat, milliseconds suspect, milliseconds dead) {
    return LivenessSettings{.heartbeat_interval = heartbeat,
                            .suspect_after = suspect,
                            .dead_after = dead,
                            .dead_after_unconfirmed = kUnconfirmedFactor * Duration(dead),
                            .agent_down_grace = std::chrono::seconds(30)};
  };
  switch (profile) {
    case LivenessProfile::kDefault:
      return make(milliseconds(500), milliseconds(1200), milliseconds(2000));
    case LivenessProfile::kFast:
      return make(milliseconds(200), milliseconds(500), milliseconds(900));
    case LivenessProfile::kInstant:
      return make(milliseconds(100), milliseconds(250), milliseconds(450));
    case LivenessProfile::kRelaxed:
      return make(milliseconds(30'000), milliseconds(45'000), milliseconds(80'000));
  }
  HEARTH_CHECK(false);
}

/// How a dead node is recovered through its power driver.
struct RecoverySettings {
  /// From "on" to the first heartbeat of a new incarnation. > 0.
  Duration boot_timeout = std::chrono::minutes(2);
  /// For one "off" or "on" of the driver. > 0.
  Duration switch_timeout = std::chrono::seconds(30);
  /// Attempts before the node is quarantined. >= 1.
  std::uint32_t attempts_max = 3;
  /// Wait after the first failed attempt; it doubles with each further one. > 0.
  Duration backoff_min = std::chrono::seconds(10);
  /// Upper bound of that wait. >= backoff_min.
  Duration backoff_max = std::chrono::minutes(10);
  bool operator==(const RecoverySettings&) const = default;
};

/// How an agent restarts an instance that stopped: at once the first time, after `backoff_min` the
/// second, and after twice the previous wait each further time.
struct RestartSettings {
  Duration backoff_min = std::chrono::seconds(1);        ///< > 0.
  Duration backoff_max = std::chrono::minutes(1);        ///< >= backoff_min.
  Duration healthy_after = std::chrono::minutes(1);      ///< Running this long resets the backoff.
  std::uint32_t crash_loop_count = 5;                    ///< This many stops ... >= 2.
  Duration crash_loop_window = std::chrono::minutes(5);  ///< ... within this are a crash loop. > 0.
  bool operator==(const RestartSettings&) const = default;
};

/// Stable lower-case names, as used in the configuration file.
std::string_view name_of(LivenessProfile profile);
Result<LivenessProfile> parse_liveness_profile(std::string_view text);

}  // namespace hearth
