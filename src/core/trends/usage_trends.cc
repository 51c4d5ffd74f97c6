#include "core/trends/usage_trends.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "core/trends/trend_words.h"

namespace hearth::core {
namespace {

struct Level {
  std::optional<std::uint64_t> used;
  std::optional<std::uint64_t> limit;
};

Level level_of(TrendOf of, const ContainerUsage& usage) {
  switch (of) {
    case TrendOf::kMemory: return {usage.memory_bytes, usage.memory_limit_bytes};
    case TrendOf::kOpenFiles: return {usage.open_files, usage.open_files_max};
    case TrendOf::kProcesses: return {usage.pids, usage.pids_max};
    case TrendOf::kRestarts: return {};
  }
  HEARTH_CHECK(false);
}

void clear_fault(UsageTrends::Standing& standing) {
  standing.fault.reset();
  standing.has_fired = false;
}

/// Only the hold-off outlasts it.
void start_anew(UsageTrends::Standing& standing) {
  standing = {.fired_at = standing.fired_at};
}

}  // namespace

std::vector<TrendRule> trends_in_force(const std::vector<TrendRule>& given) {
  std::vector<TrendRule> rules = given;
  for (const TrendOf of : {TrendOf::kMemory, TrendOf::kOpenFiles, TrendOf::kProcesses}) {
    const bool is_given = std::any_of(given.begin(), given.end(),
                                      [of](const TrendRule& rule) { return rule.of == of; });
    if (!is_given) rules.push_back({.of = of});
  }
  return rules;
}

UsageTrends::UsageTrends(const std::vector<TrendRule>& rules) : rules_(trends_in_force(rules)) {
  state_.rules.resize(rules_.size());
}

UsageTrends::UsageTrends(const std::vector<TrendRule>& rules, State state)
    : rules_(trends_in_force(rules)), state_(std::move(state)) {
  HEARTH_CHECK(state_.rules.size() == rules_.size());
}

std::vector<TrendFiring> UsageTrends::on_started(MonoTime started_at, MonoTime now) {
  if (state_.started_at) {
    state_.restarts.push_back(now);
    if (state_.restarts.size() > kRestartsMax) state_.restarts.pop_front();
  }
  state_.started_at = started_at;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    if (rules_[i].of == TrendOf::kRestarts) {
      judge_restarts(state_.rules[i], now);
    } else {
      start_anew(state_.rules[i]);
    }
  }
  return fire(now);
}

std::vector<TrendFiring> UsageTrends::on_sample(const ContainerUsage& usage, MonoTime now) {
  if (!state_.started_at || now - *state_.started_at < kWarmUp) return {};
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const TrendRule& rule = rules_[i];
    Standing& standing = state_.rules[i];
    if (rule.of == TrendOf::kRestarts) {
      judge_restarts(standing, now);
      continue;
    }
    const Level level = level_of(rule.of, usage);
    if (!level.used) continue;
    if (!level.limit) {
      start_anew(standing);
      continue;
    }
    const Duration horizon = std::max(kHorizonMin, 2 * rule.ahead);
    if (standing.levels.add(*level.used, horizon, now)) judge(rule, standing, *level.limit, now);
  }
  return fire(now);
}

void UsageTrends::judge(const TrendRule& rule, Standing& standing, std::uint64_t limit,
                        MonoTime now) {
  const std::optional<Growth> growth = growth_of(standing.levels.spans, limit, now);
  standing.full_at = growth ? std::optional(now + growth->full_in) : std::nullopt;
  if (growth && growth->is_sure && growth->full_in < rule.ahead) {
    standing.near_at = now;
    standing.fault = words_of_growth(rule.of, *growth, limit);
  } else if (growth && growth->full_in < 2 * rule.ahead) {
    if (standing.fault) standing.near_at = now;
  } else if (now - standing.near_at >= kClearAfter) {
    clear_fault(standing);
  }
}

void UsageTrends::judge_restarts(Standing& standing, MonoTime now) const {
  const bool are_many =
      state_.restarts.size() == kRestartsMax && now - state_.restarts.front() < kRestartsWindow;
  if (!are_many) return clear_fault(standing);
  standing.fault = fmt::format("it was restarted {} times within an hour", kRestartsMax);
}

std::vector<TrendFiring> UsageTrends::fire(MonoTime now) {
  std::vector<TrendFiring> firings;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    Standing& standing = state_.rules[i];
    const bool is_held_off = standing.fired_at && now - *standing.fired_at < kHoldOff;
    if (!standing.fault || standing.has_fired || is_held_off) continue;
    standing.has_fired = true;
    standing.fired_at = now;
    firings.push_back({rules_[i].of, rules_[i].action, *standing.fault});
  }
  return firings;
}

std::vector<std::string> UsageTrends::marks() const {
  std::vector<std::string> marks;
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const std::optional<std::string>& fault = state_.rules[i].fault;
    if (rules_[i].action == HealthAction::kMark && fault) marks.push_back(*fault);
  }
  return marks;
}

std::optional<Duration> UsageTrends::memory_full_in(MonoTime now) const {
  for (std::size_t i = 0; i < rules_.size(); ++i) {
    const std::optional<MonoTime>& full_at = state_.rules[i].full_at;
    if (rules_[i].of == TrendOf::kMemory && full_at)
      return std::max(*full_at - now, Duration::zero());
  }
  return std::nullopt;
}

void UsageTrends::check_invariants() const {
  HEARTH_CHECK(state_.rules.size() == rules_.size());
  HEARTH_CHECK(state_.restarts.size() <= kRestartsMax);
  for (const Standing& standing : state_.rules) {
    HEARTH_CHECK(standing.levels.spans.size() <= LevelHistory::kSpansMax);
    HEARTH_CHECK(standing.fault || !standing.has_fired);
  }
}

}  // namespace hearth::core
