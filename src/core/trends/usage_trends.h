#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/growth/growth.h"
#include "core/growth/level_history.h"
#include "model/container.h"
#include "model/instance_spec.h"

namespace hearth::core {

/// A trend nears its limit: its action is due.
struct TrendFiring {
  TrendOf of{};
  HealthAction action{};
  std::string why;  ///< In words.
  bool operator==(const TrendFiring&) const = default;
};

/// The trends of one instance: what its container uses, growing towards its limit, and how often it
/// is restarted.
///
/// A use fires when it will surely (Growth::is_sure) reach its limit within `ahead`. Its fault
/// lasts until it has not grown towards the limit within twice that time for kClearAfter. A fault
/// fires once, and not within kHoldOff of the one before, which outlasts the container: a restart
/// that does not help must not repeat at once. What has no limit has no trend. A fresh container
/// starts anew, and its first kWarmUp is ignored.
///
/// Restarts fire when there were kRestartsMax of them within kRestartsWindow, whatever their cause.
///
/// It has no deadlines: without samples nothing is concluded, and what was concluded stands.
/// Sans-io, not thread-safe.
class UsageTrends {
 public:
  static constexpr Duration kWarmUp = std::chrono::minutes(1);
  static constexpr Duration kClearAfter = std::chrono::minutes(2);
  static constexpr Duration kHoldOff = std::chrono::minutes(5);
  static constexpr std::size_t kRestartsMax = 3;
  static constexpr Duration kRestartsWindow = std::chrono::hours(1);
  /// How far back a use is remembered: this, or twice the `ahead` of its rule if that is longer.
  static constexpr Duration kHorizonMin = std::chrono::hours(1);

  /// Of one rule.
  struct Standing {
    LevelHistory levels;
    std::optional<MonoTime> full_at;   ///< When it will reach its limit, sure or not.
    std::optional<std::string> fault;  ///< In words.
    bool has_fired = false;            ///< For this fault.
    MonoTime near_at{};                ///< When the fault was last seen.
    std::optional<MonoTime> fired_at;
    bool operator==(const Standing&) const = default;
  };
  struct State {
    std::vector<Standing> rules;  ///< In their order.
    std::optional<MonoTime> started_at;
    std::deque<MonoTime> restarts;  ///< The latest, at most kRestartsMax.
    bool operator==(const State&) const = default;
  };

  /// `rules`: as in InstanceSpec. What they do not say is the default.
  explicit UsageTrends(const std::vector<TrendRule>& rules);
  UsageTrends(const std::vector<TrendRule>& rules, State state);
  const State& save() const { return state_; }

  /// A container of the instance started at `started_at`: its first one, or after a restart.
  std::vector<TrendFiring> on_started(MonoTime started_at, MonoTime now);
  std::vector<TrendFiring> on_sample(const ContainerUsage& usage, MonoTime now);

  /// The faults of rules with the action `mark`, in words.
  std::vector<std::string> marks() const;
  /// Until its memory reaches the limit; nullopt: it does not grow.
  std::optional<Duration> memory_full_in(MonoTime now) const;

  void check_invariants() const;

 private:
  void judge(const TrendRule& rule, Standing& standing, std::uint64_t limit, MonoTime now);
  void judge_restarts(Standing& standing, MonoTime now) const;
  std::vector<TrendFiring> fire(MonoTime now);

  std::vector<TrendRule> rules_;
  State state_;
};

/// The rules that apply: those given, and an event for the growth of each use without one.
std::vector<TrendRule> trends_in_force(const std::vector<TrendRule>& given);

}  // namespace hearth::core
