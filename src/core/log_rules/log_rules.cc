#include "core/log_rules/log_rules.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <fmt/format.h>

#include "base/check.h"
#include "base/shortened.h"
#include "core/rule_watch/rule_terms.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

/// By a stamp; a clock that was set back makes it negative.
Duration age_of(const std::optional<Duration>& age) {
  return std::max(age.value_or(Duration::zero()), Duration::zero());
}

bool is_later(const std::optional<MonoTime>& instant, MonoTime now) {
  return instant && *instant > now;
}

bool is_from_future(const LogRules::Durable& durable, MonoTime now) {
  return is_later(durable.started_at, now) ||
         std::ranges::any_of(durable.rules, [now](const RuleWatch::Durable& rule) {
           const bool counts_later = !rule.counted.empty() && rule.counted.back() > now;
           return counts_later || (rule.last && rule.last->at > now);
         });
}

}  // namespace

LogRules::LogRules(const std::vector<LogRule>& rules, MonoTime now) : as_of_(now) {
  HEARTH_CHECK(rules.size() <= kLogRulesMax);
  for (const LogRule& rule : rules) rules_.emplace_back(rule);
}

LogRules::LogRules(const std::vector<LogRule>& rules, State state)
    : as_of_(state.as_of),
      started_at_(state.started_at),
      reading_(state.reading),
      unreadable_because_(std::move(state.unreadable_because)),
      obstacles_(std::move(state.obstacles)),
      clock_(state.clock),
      counts_(state.counts) {
  HEARTH_CHECK(state.rules.size() == rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    rules_.emplace_back(rules[i], std::move(state.rules[i]));
  }
  check_invariants();
}

LogRules::LogRules(const std::vector<LogRule>& rules, const Durable& durable, MonoTime now)
    : LogRules(rules, now) {
  if (durable.fingerprint != fingerprint_of(rules)) return;
  if (durable.rules.size() != rules.size() || is_from_future(durable, now)) return;
  if (!durable.started_at) return;
  started_at_ = durable.started_at;
  for (std::size_t i = 0; i < rules_.size(); ++i) rules_[i].resume(durable.rules[i]);
}

LogRules::State LogRules::save() const {
  State state{.as_of = as_of_,
              .started_at = started_at_,
              .reading = reading_,
              .unreadable_because = unreadable_because_,
              .obstacles = obstacles_,
              .clock = clock_,
              .counts = counts_};
  for (const RuleWatch& rule : rules_) state.rules.push_back(rule.state());
  return state;
}

LogRules::Durable LogRules::durable() const {
  Durable durable{.fingerprint = fingerprint(), .started_at = started_at_};
  for (const RuleWatch& rule : rules_) durable.rules.push_back(rule.durable());
  return durable;
}

std::uint64_t LogRules::fingerprint() const {
  std::vector<LogRule> rules;
  for (const RuleWatch& rule : rules_) rules.push_back(rule.rule());
  return fingerprint_of(rules);
}

void LogRules::on_started(MonoTime started_at, MonoTime now) {
  HEARTH_CHECK(started_at <= now);
  advance(now);
  started_at_ = started_at;
  reading_ = LogReading::kBehind;
  unreadable_because_.clear();
  obstacles_.erase(WatchObstacle::kContainerStopped);
  obstacles_.erase(WatchObstacle::kContainerPaused);
  clock_ = {};
  counts_ = {};
  for (RuleWatch& rule : rules_) rule.begin();
}

void LogRules::on_unreadable(const std::string& because, MonoTime now) {
  set_reading(LogReading::kUnreadable, because, now);
}

void LogRules::set_reading(LogReading reading, const std::string& unreadable_because,
                           MonoTime now) {
  advance(now);
  reading_ = reading;
  unreadable_because_ = shortened(unreadable_because, RuleWatch::kEvidenceBytesMax);
  set_clock(now);
}

void LogRules::on_obstacle(WatchObstacle obstacle, MonoTime now) {
  advance(now);
  obstacles_.insert(obstacle);
  set_clock(now);
}

void LogRules::on_cleared(WatchObstacle obstacle, MonoTime now) {
  advance(now);
  obstacles_.erase(obstacle);
  set_clock(now);
}

bool LogRules::is_watched() const {
  return started_at_ && reading_ == LogReading::kCaughtUp && obstacles_.empty();
}

void LogRules::set_clock(MonoTime now) {
  if (is_watched()) {
    clock_.run(now);
  } else {
    clock_.stop(now);
  }
}

void LogRules::advance(MonoTime now) {
  HEARTH_CHECK(now >= as_of_);
  as_of_ = now;
}

std::vector<LogFiring> LogRules::on_lines(const LogLines& lines, MonoTime now) {
  advance(now);
  on_stream(LogStream::kStdout, lines.from_stdout, now);
  on_stream(LogStream::kStderr, lines.from_stderr, now);
  std::vector<LogFiring> firings;
  for (const MatchedLine& line : lines.matched) {
    HEARTH_CHECK(line.rule < rules_.size());
    if (!is_of_container(line.age, now)) continue;
    if (age_of(line.age) > RuleWatch::kReplayMax) ++counts_.too_old;
    std::optional<LogFiring> firing =
        rules_[line.rule].on_line(age_of(line.age), line.text, moment(now));
    if (firing) firings.push_back(*std::move(firing));
  }
  return firings;
}

bool LogRules::is_of_container(const std::optional<Duration>& age, MonoTime now) const {
  return started_at_ && age_of(age) <= now - *started_at_;
}

void LogRules::on_stream(LogStream stream, const StreamLines& lines, MonoTime now) {
  if (lines.count == 0 || !is_of_container(lines.age, now)) return;
  counts_.lines += lines.count;
  for (RuleWatch& rule : rules_) {
    if (rule.is_silence() && rule.reads(stream)) rule.on_line(age_of(lines.age), {}, moment(now));
  }
}

void LogRules::on_skipped(const LogGap& gap, MonoTime now) {
  HEARTH_CHECK(gap.to_age <= gap.from_age);
  advance(now);
  if (!is_of_container(gap.to_age, now)) return;
  counts_.skipped += gap.lines.value_or(0);
  for (RuleWatch& rule : rules_) rule.on_skipped(moment(now));
}

std::vector<LogFiring> LogRules::tend(MonoTime now) {
  advance(now);
  std::vector<LogFiring> firings;
  if (!is_watched()) return firings;
  for (RuleWatch& rule : rules_) {
    if (std::optional<LogFiring> firing = rule.tend(moment(now))) {
      firings.push_back(*std::move(firing));
    }
  }
  return firings;
}

std::optional<MonoTime> LogRules::next_deadline() const {
  std::optional<MonoTime> next;
  for (const RuleWatch& rule : rules_) {
    if (const std::optional<Duration> due = rule.next_due())
      next = earlier(next, clock_.when(*due));
  }
  return next;
}

std::optional<MonoTime> LogRules::next_absence() const {
  std::optional<MonoTime> next;
  for (const RuleWatch& rule : rules_) {
    if (const std::optional<Duration>& due = rule.state().due)
      next = earlier(next, clock_.when(*due));
  }
  return next;
}

void LogRules::on_stall(Duration lateness, MonoTime now) {
  advance(now);
  if (!is_watched()) return;
  for (RuleWatch& rule : rules_) rule.on_stall(lateness, moment(now));
}

LogReadiness LogRules::readiness() const {
  bool is_waiting = false;
  for (const RuleWatch& rule : rules_) {
    if (!rule.is_must_appear() || rule.state().is_met) continue;
    if (rule.state().may_be_skipped || reading_ == LogReading::kUnreadable) {
      return LogReadiness::kUnknown;
    }
    is_waiting = true;
  }
  return is_waiting ? LogReadiness::kWaiting : LogReadiness::kReady;
}

bool LogRules::judges_readiness() const {
  return std::ranges::any_of(rules_, &RuleWatch::is_must_appear);
}

std::vector<LogMark> LogRules::marks() const {
  std::vector<LogMark> marks;
  for (const RuleWatch& rule : rules_) {
    const std::optional<std::string>& fault = rule.state().fault;
    if (fault && rule.rule().action == HealthAction::kMark) {
      marks.push_back({rule.rule().name, *fault});
    }
  }
  return marks;
}

RuleStanding LogRules::standing(const RuleWatch& rule) const {
  const RuleWatch::State& state = rule.state();
  if (state.fault) return RuleStanding::kFaulty;
  if (rule.is_must_appear() && state.is_met) return RuleStanding::kMet;
  if (state.may_be_skipped || reading_ == LogReading::kUnreadable) return RuleStanding::kNoData;
  if (!is_watched()) return RuleStanding::kStandingStill;
  const bool awaits_a_line = rule.is_must_appear() || rule.is_must_recur();
  return awaits_a_line && !state.is_met ? RuleStanding::kWaiting : RuleStanding::kMet;
}

std::vector<RuleStatus> LogRules::statuses() const {
  std::vector<RuleStatus> statuses;
  for (const RuleWatch& rule : rules_) {
    const RuleWatch::State& state = rule.state();
    RuleStatus status{.rule = rule.rule().name,
                      .standing = standing(rule),
                      .last = state.last,
                      .held_off = state.held_off};
    if (state.fault) {
      status.words = *state.fault;
    } else if (state.may_be_skipped) {
      status.words = "lines of its log were skipped, and the awaited one may be among them";
    } else if (status.standing != RuleStanding::kMet) {
      status.words = standing_still_because();
    }
    statuses.push_back(std::move(status));
  }
  return statuses;
}

std::string LogRules::standing_still_because() const {
  if (!started_at_) return "its container has not started";
  if (reading_ == LogReading::kUnreadable) {
    return fmt::format("{}: {}", words_of(reading_), unreadable_because_);
  }
  if (!obstacles_.empty()) return std::string(words_of(*obstacles_.begin()));
  return std::string(words_of(reading_));
}

void LogRules::check_invariants() const {
  HEARTH_CHECK(rules_.size() <= kLogRulesMax);
  HEARTH_CHECK(clock_.running_since.has_value() == is_watched());
  HEARTH_CHECK(!is_later(clock_.running_since, as_of_) && !is_later(started_at_, as_of_));
  HEARTH_CHECK(clock_.before >= Duration::zero());
  for (const RuleWatch& rule : rules_) rule.check_invariants(started_at_.has_value(), as_of_);
}

}  // namespace hearth::core
