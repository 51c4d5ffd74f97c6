#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/time.h"
#include "core/log_rules/log_lines.h"
#include "core/log_rules/standing.h"
#include "core/rule_watch/rule_watch.h"
#include "core/rule_watch/watched_clock.h"
#include "model/log_rule.h"

namespace hearth::core {

/// A rule with the action `mark` whose cause has not passed: the instance is degraded.
struct LogMark {
  std::string rule;
  std::string why;
  bool operator==(const LogMark&) const = default;
};

/// Lines of the current container.
struct LogCounts {
  std::uint64_t lines = 0;    ///< Read.
  std::uint64_t skipped = 0;  ///< As far as their number is known.
  std::uint64_t too_old = 0;  ///< Matched a rule, and were too old to make it fire.
  bool operator==(const LogCounts&) const = default;
};

/// The log rules of one instance, applied to the log of its current container.
///
/// Lines come with the rules that they match. What is absent is measured on a clock that stands
/// still while the reader is not caught up, while the container is stopped or paused, and while the
/// runtime hangs; then it goes on where it stood. Lines that were skipped may have been awaited
/// ones: a wait for a line that repeats begins again, and a missing line that is written once is
/// *unknown*. So a dead reader looks like neither a healthy service nor a silent one.
///
/// A line from before the container's start changes nothing. While the reader catches up, a line
/// older than RuleWatch::kReplayMax never makes a rule fire; but an awaited line of any age fulfils
/// its rule. A rule fires at most once a hold-off, which outlasts the container.
///
/// It matches no lines, reads no log, carries no action out, and does not know why a node is slow:
/// its owner decides what follows from a firing. Sans-io, not thread-safe.
class LogRules {
 public:
  struct State {
    MonoTime as_of{};
    std::optional<MonoTime> started_at;
    LogReading reading = LogReading::kBehind;
    std::string unreadable_because;
    std::set<WatchObstacle> obstacles;
    WatchedClock clock;
    LogCounts counts;
    std::vector<RuleWatch::State> rules;  ///< In their order.
    bool operator==(const State&) const = default;
  };

  /// What a start of the agent must know of the time before it, together with where the log was
  /// read to: the lines before that are counted in it.
  using Durable = RulesMemory;

  /// At most kLogRulesMax rules. No container has started yet.
  LogRules(const std::vector<LogRule>& rules, MonoTime now);
  LogRules(const std::vector<LogRule>& rules, State state);
  /// Goes on with the container that `durable` is about: its absence rules wait anew, and what was
  /// met, faulty or counted is. Other rules than then (a release) start afresh, and so does
  /// everything if an instant of `durable` is in the future: see started_at().
  LogRules(const std::vector<LogRule>& rules, const Durable& durable, MonoTime now);
  State save() const;
  Durable durable() const;

  /// Another container of the instance started, or the same one again. `started_at` <= `now` must
  /// not be later than its first line: the instant of the request, or what the runtime says. Its
  /// reader counts as behind until it is reported otherwise.
  void on_started(MonoTime started_at, MonoTime now);
  /// nullopt: no container has started.
  std::optional<MonoTime> started_at() const { return started_at_; }
  /// A reader is behind, too, after its own process stalled, until it has read what waited: else
  /// the lines of minutes would count as written at once.
  void on_reading(LogReading reading, MonoTime now) { set_reading(reading, {}, now); }
  /// The container's log cannot be read: `because` in words, for example "log driver 'syslog'".
  void on_unreadable(const std::string& because, MonoTime now);
  /// Repeated calls change nothing, as with on_cleared().
  void on_obstacle(WatchObstacle obstacle, MonoTime now);
  void on_cleared(WatchObstacle obstacle, MonoTime now);
  std::vector<LogFiring> on_lines(const LogLines& lines, MonoTime now);
  void on_skipped(const LogGap& gap, MonoTime now);
  /// Lets time pass; call it after every event.
  std::vector<LogFiring> tend(MonoTime now);

  LogReadiness readiness() const;
  /// Whether there is a `must_appear`, without which readiness() says nothing.
  bool judges_readiness() const;
  /// Whether lines may have been written that were not read yet.
  bool is_behind() const {
    return reading_ == LogReading::kBehind || reading_ == LogReading::kReconnecting;
  }
  std::vector<LogMark> marks() const;
  std::vector<RuleStatus> statuses() const;
  /// Why nothing can be concluded from what is absent, in words; empty if it can.
  std::string standing_still_because() const;
  const LogCounts& counts() const { return counts_; }

  std::optional<MonoTime> next_deadline() const;
  /// When the next line will be missing; nullopt while nothing can be concluded.
  std::optional<MonoTime> next_absence() const;
  /// Lines may wait behind the stall: absences are judged later by its length and a margin.
  void on_stall(Duration lateness, MonoTime now);
  /// Does nothing: logs do not arrive over the bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void advance(MonoTime now);
  void set_reading(LogReading reading, const std::string& unreadable_because, MonoTime now);
  /// Runs or stops the clock, as is right from `now` on.
  void set_clock(MonoTime now);
  bool is_watched() const;
  WatchMoment moment(MonoTime now) const { return {now, clock_.at(now)}; }
  bool is_of_container(const std::optional<Duration>& age, MonoTime now) const;
  void on_stream(LogStream stream, const StreamLines& lines, MonoTime now);
  RuleStanding standing(const RuleWatch& rule) const;
  std::uint64_t fingerprint() const;

  std::vector<RuleWatch> rules_;
  MonoTime as_of_;
  std::optional<MonoTime> started_at_;
  LogReading reading_ = LogReading::kBehind;
  std::string unreadable_because_;
  std::set<WatchObstacle> obstacles_;
  WatchedClock clock_;
  LogCounts counts_;
};

}  // namespace hearth::core
