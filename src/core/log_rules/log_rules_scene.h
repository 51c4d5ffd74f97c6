#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/log_rules/log_rules.h"

namespace hearth::core {

inline LogRule must_not_appear(MustNotAppear condition,
                               HealthAction action = HealthAction::kRestart) {
  if (condition.pattern.empty()) condition.pattern = "refused";
  return {.name = "bad", .condition = std::move(condition), .action = action};
}
inline LogRule must_appear(Duration within, HealthAction action = HealthAction::kRestart) {
  return {.name = "ready", .condition = MustAppear{"listening", within}, .action = action};
}
inline LogRule must_recur(Duration every, Duration grace = {},
                          HealthAction action = HealthAction::kRestart) {
  return {.name = "alive", .condition = MustRecur{"sensors", every, grace}, .action = action};
}
inline LogRule silence(Duration longest, HealthAction action = HealthAction::kMark) {
  return {.name = "quiet", .condition = LogSilence{longest}, .action = action};
}

/// The rules of an instance, with a clock, on a container that started and whose log is read.
struct LogRulesScene {
  explicit LogRulesScene(std::vector<LogRule> of) : rules(std::move(of)), log(rules, now) {
    start();
  }

  /// Another container, whose log is read from its first line.
  void start() {
    log.on_started(now, now);
    log.on_reading(LogReading::kCaughtUp, now);
  }
  /// A line that a rule matches. No age: it is new.
  void match(std::uint16_t rule, std::optional<Duration> age = {}, std::string text = "a line") {
    pass_on({.from_stdout = {1, age}, .matched = {{rule, age, std::move(text)}}});
  }
  /// Lines that no rule matches.
  void write(LogStream stream = LogStream::kStdout, std::optional<Duration> age = {}) {
    const StreamLines lines{1, age};
    pass_on(stream == LogStream::kStderr ? LogLines{.from_stderr = lines}
                                         : LogLines{.from_stdout = lines});
  }
  void pass_on(const LogLines& lines) {
    collect(log.on_lines(lines, now));
    tend();
  }
  void read(LogReading reading) {
    log.on_reading(reading, now);
    tend();
  }
  void hinder(WatchObstacle obstacle) {
    log.on_obstacle(obstacle, now);
    tend();
  }
  void clear(WatchObstacle obstacle) {
    log.on_cleared(obstacle, now);
    tend();
  }
  void skip(LogGap gap) {
    log.on_skipped(gap, now);
    tend();
  }
  void stall(Duration lateness) {
    now += lateness;
    log.on_stall(lateness, now);
  }
  /// Lets time pass, and calls the rules whenever they asked for it.
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    for (;;) {
      const std::optional<MonoTime> next = log.next_deadline();
      if (!next || *next > end) break;
      EXPECT_GT(*next, now) << "they ask to be woken at once, forever";
      now = *next;
      tend();
    }
    now = end;
  }
  void tend() {
    collect(log.tend(now));
    log.check_invariants();
  }
  void collect(std::vector<LogFiring> found) {
    for (LogFiring& firing : found) firings.push_back(std::move(firing));
  }
  /// The firings since the last call.
  std::vector<LogFiring> fired() { return std::exchange(firings, {}); }
  std::size_t fires() { return fired().size(); }
  RuleStatus status(std::size_t rule = 0) const { return log.statuses().at(rule); }

  std::vector<LogRule> rules;
  MonoTime now{std::chrono::hours(1)};
  LogRules log;
  std::vector<LogFiring> firings;
};

}  // namespace hearth::core
