#include "core/health/instance_health.h"

#include <fmt/format.h>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

std::string words_of(const LogFiring& firing) {
  std::string words = fmt::format("rule '{}': {}", firing.rule, firing.why);
  if (!firing.line.empty()) words += fmt::format("; the line: {}", firing.line);
  if (firing.held_off > 0) {
    words += fmt::format("; held off {} times since it last fired", firing.held_off);
  }
  return words;
}

}  // namespace

InstanceHealth::InstanceHealth(const InstanceSpec& spec, MonoTime now)
    : min_ready_(spec.min_ready),
      ready_deadline_(spec.ready_deadline),
      replace_order_(spec.replace),
      rules_(spec.log_rules, now),
      probes_(spec.probes, now),
      trends_(spec.trends) {}

InstanceHealth::InstanceHealth(const InstanceSpec& spec, State state)
    : min_ready_(spec.min_ready),
      ready_deadline_(spec.ready_deadline),
      replace_order_(spec.replace),
      rules_(spec.log_rules, std::exchange(state.rules, {})),
      probes_(spec.probes, std::exchange(state.probes, {})),
      trends_(spec.trends, std::exchange(state.trends, {})),
      state_(std::move(state)) {}

InstanceHealth::State InstanceHealth::save() const {
  State state = state_;
  state.rules = rules_.save();
  state.probes = probes_.save();
  state.trends = trends_.save();
  return state;
}

void InstanceHealth::on_started(MonoTime started_at, MonoTime now, Prng& prng) {
  rules_.on_started(started_at, now);
  probes_.on_started(started_at, now, prng);
  on_cleared(WatchObstacle::kContainerStopped, now);
  on_cleared(WatchObstacle::kContainerPaused, now);
  state_.checks.clear();
  state_.started_at = started_at;
  state_.replace.clear();
  state_.restart.clear();
  apply(trends_.on_started(started_at, now));
}

void InstanceHealth::on_stopped(MonoTime now) {
  on_obstacle(WatchObstacle::kContainerStopped, now);
  state_.started_at.reset();
}

void InstanceHealth::on_obstacle(WatchObstacle obstacle, MonoTime now) {
  rules_.on_obstacle(obstacle, now);
  probes_.on_obstacle(obstacle, now);
}

void InstanceHealth::on_cleared(WatchObstacle obstacle, MonoTime now) {
  rules_.on_cleared(obstacle, now);
  probes_.on_cleared(obstacle, now);
}

void InstanceHealth::on_stall(Duration lateness, MonoTime now) {
  rules_.on_stall(lateness, now);
  probes_.on_stall(lateness, now);
}

void InstanceHealth::on_lines(const LogLines& lines, MonoTime now) {
  apply(rules_.on_lines(lines, now));
}

void InstanceHealth::on_usage(const std::optional<ContainerUsage>& usage, MonoTime now) {
  if (usage) apply(trends_.on_sample(*usage, now));
}

HealthVerdict InstanceHealth::tend(MonoTime now, Prng& prng) {
  HEARTH_CHECK(state_.started_at);
  apply(rules_.tend(now));
  for (DueCheck& due : probes_.tend(now, prng)) state_.checks.push_back(std::move(due));
  if (const std::optional<ProbeFault> fault = probes_.fault()) apply(*fault);
  const ProbeReadiness probed = probes_.readiness();
  HealthVerdict verdict{.health = Health::kReady,
                        .reason = {},
                        .must_be_replaced = !state_.replace.empty(),
                        .restart = state_.restart};
  const std::vector<LogMark> marks = rules_.marks();
  const std::vector<std::string> trend_marks = trends_.marks();
  if (!state_.replace.empty()) {
    verdict.health = Health::kDegraded;
    verdict.reason = state_.replace;
  } else if (probed.readiness == Readiness::kNotReady) {
    verdict.health = Health::kDegraded;
    verdict.reason = probed.why;
    verdict.must_be_replaced = replace_order_ == ReplaceOrder::kStartFirst;
  } else if (!marks.empty()) {
    verdict.health = Health::kDegraded;
    verdict.reason = fmt::format("rule '{}': {}", marks.front().rule, marks.front().why);
  } else if (!trend_marks.empty()) {
    verdict.health = Health::kDegraded;
    verdict.reason = trend_marks.front();
  } else if (std::string why = unready(now); !why.empty()) {
    const bool is_late = now >= *state_.started_at + ready_deadline_;
    verdict.health = is_late ? Health::kDegraded : Health::kStarting;
    verdict.reason = is_late ? "it is not ready in time: " + why : why;
    verdict.must_be_replaced = is_late && replace_order_ == ReplaceOrder::kStartFirst;
  }
  return verdict;
}

std::string InstanceHealth::unready(MonoTime now) const {
  const ProbeReadiness probed = probes_.readiness();
  if (probed.readiness == Readiness::kWaiting) return probed.why;
  bool is_judged = probed.readiness == Readiness::kReady;
  if (rules_.judges_readiness()) {
    switch (rules_.readiness()) {
      case LogReadiness::kReady: is_judged = true; break;
      case LogReadiness::kWaiting: return "its log does not say yet that it is ready";
      case LogReadiness::kUnknown: break;  // What is left is to judge it by its age.
    }
  }
  if (is_judged) return {};
  return now < *state_.started_at + min_ready_ ? "it has just started" : "";
}

void InstanceHealth::apply(const std::vector<LogFiring>& firings) {
  for (const LogFiring& firing : firings) apply(firing.action, words_of(firing));
}

void InstanceHealth::apply(const std::vector<TrendFiring>& firings) {
  for (const TrendFiring& firing : firings) apply(firing.action, firing.why);
}

void InstanceHealth::apply(HealthAction action, std::string words) {
  switch (action) {
    case HealthAction::kEvent:
    case HealthAction::kMark: break;
    case HealthAction::kRestart: state_.restart = words; break;
    case HealthAction::kReplace:
      (replace_order_ == ReplaceOrder::kStopFirst ? state_.restart : state_.replace) = words;
      break;
  }
  state_.noticed.push_back(std::move(words));
}

/// A fault is a level; it is reported once.
void InstanceHealth::apply(const ProbeFault& fault) {
  if (state_.restart == fault.why) return;
  state_.restart = fault.why;
  state_.noticed.push_back(fault.why);
}

std::optional<MonoTime> InstanceHealth::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next = earlier(rules_.next_deadline(), probes_.next_deadline());
  if (!state_.started_at) return next;
  for (const Duration wait : {min_ready_, ready_deadline_}) {
    const MonoTime deadline = *state_.started_at + wait;
    if (deadline > now) next = earlier(next, deadline);
  }
  return next;
}

void InstanceHealth::check_invariants() const {
  rules_.check_invariants();
  probes_.check_invariants();
  trends_.check_invariants();
}

}  // namespace hearth::core
