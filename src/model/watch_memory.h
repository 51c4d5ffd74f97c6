#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/log_cursor.h"
#include "model/log_firing.h"
#include "model/probe.h"
#include "model/probe_result.h"

namespace hearth {

/// What a start of the agent must know of the time before it: what log rules and probes have seen
/// and done, where each log was read to, and how often an instance was restarted.
///
/// Its instants are those of the agent's monotonic clock, which counts from the boot of the machine
/// and continues while it is suspended. After another boot they are shifted to before its
/// beginning, as if the machine had been off for no time: what is measured from them (a hold-off, a
/// window, a healthy spell) then lasts rather too long than too short, and no wall clock, which may
/// be wrong after a boot, decides it.

struct RuleMemory {
  bool is_met = false;
  bool may_be_skipped = false;
  std::optional<std::string> fault;
  std::optional<LogFiring> last;
  std::vector<MonoTime> counted;  ///< `must_not_appear` with a count: lines of the window.
  bool operator==(const RuleMemory&) const = default;
};

struct RulesMemory {
  std::uint64_t fingerprint = 0;       ///< Of the rules: what is known holds for these alone.
  std::optional<MonoTime> started_at;  ///< The container that is watched; nullopt: none is.
  std::vector<RuleMemory> rules;       ///< In their order.
  bool operator==(const RulesMemory&) const = default;
};

struct HealthcheckMemory {
  bool was_healthy = false;
  bool is_excused = false;
  bool operator==(const HealthcheckMemory&) const = default;
};

struct ProbesMemory {
  Probes probes;                       ///< What is known holds for these alone.
  std::optional<MonoTime> started_at;  ///< As of RulesMemory.
  bool has_startup_passed = false;
  ProbeVerdict readiness = ProbeVerdict::kOpen;
  std::string readiness_failure;  ///< kFailed.
  HealthcheckMemory healthcheck;
  bool operator==(const ProbesMemory&) const = default;
};

struct RestartMemory {
  std::optional<MonoTime> running_since;
  std::vector<MonoTime> stops;  ///< The latest.
  std::uint32_t waits = 0;      ///< Stops since the last healthy spell.
  MonoTime next_start{};
  bool in_crash_loop = false;
  bool operator==(const RestartMemory&) const = default;
};

/// What its health called for, of a container for which that may not have been done yet.
struct PendingActions {
  std::string restart;  ///< Why it must be restarted; empty: it need not be.
  std::string replace;  ///< Likewise.
  bool operator==(const PendingActions&) const = default;
};

struct InstanceMemory {
  Generation generation;
  ContainerId container;    ///< That runs and is watched; empty: none.
  ContainerId ended;        ///< The last one whose end was noted.
  bool is_to_stop = false;  ///< `ended` still ran when that was decided.
  LogCursor cursor;         ///< In the log of `container`.
  RulesMemory rules;
  ProbesMemory probes;
  PendingActions pending;  ///< Of `container`.
  RestartMemory restart;
  bool finished = false;  ///< It ended, and its restart policy leaves it at that.
  std::optional<ContainerExit> last_exit;
  std::uint32_t restarts = 0;  ///< As reported.
  std::uint32_t failures = 0;  ///< As reported.
  bool operator==(const InstanceMemory&) const = default;
};

struct WatchMemory {
  std::string boot_id;  ///< Of the boot whose clock the instants are of.
  MonoTime saved_at{};  ///< No instant but `next_start` is later.
  std::map<InstanceId, InstanceMemory> instances;
  bool operator==(const WatchMemory&) const = default;
};

/// A node that has more remembers those whose ids come first.
inline constexpr std::size_t kRememberedInstancesMax = 200;

}  // namespace hearth
