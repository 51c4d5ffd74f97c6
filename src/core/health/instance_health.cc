#include "core/health/instance_health.h"

#include <fmt/format.h>
#include <algorithm>

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
      gate_(std::exchange(state.gate, {})),
      state_(std::move(state)) {}

InstanceHealth::InstanceHealth(const InstanceSpec& spec, const InstanceMemory& known, MonoTime now,
                               Prng& prng)
    : min_ready_(spec.min_ready),
      ready_deadline_(spec.ready_deadline),
      replace_order_(spec.replace),
      rules_(spec.log_rules, known.rules, now),
      probes_(spec.probes, known.probes, now, prng),
      trends_(spec.trends) {
  state_.called_for = known.pending;
  if (rules_.started_at()) state_.cursor = known.cursor;
}

InstanceHealth::State InstanceHealth::save() const {
  State state = state_;
  state.rules = rules_.save();
  state.probes = probes_.save();
  state.trends = trends_.save();
  state.gate = gate_.state();
  return state;
}

void InstanceHealth::on_started(MonoTime started_at, MonoTime now, Prng& prng) {
  rules_.on_started(started_at, now);
  probes_.on_started(started_at, now, prng);
  set_obstacle(WatchObstacle::kContainerStopped, false, now);
  set_obstacle(WatchObstacle::kContainerPaused, false, now);
  rules_.on_cleared(WatchObstacle::kRuntimeInDoubt, now);
  gate_ = {};
  state_ = {.started_at = started_at,
            .obstacles = std::move(state_.obstacles),
            .noticed = std::move(state_.noticed),
            .hindrance = {.shortage = state_.hindrance.shortage,
                          .last_assignment_at = state_.hindrance.last_assignment_at},
            .doubt = {.since = {}, .answered = state_.doubt.answered, .put_off = {}},
            .unsaved = Unsaved::kDecision};
  set_ready_clock(now);
  apply(trends_.on_started(started_at, now));
}

void InstanceHealth::resume(MonoTime started_at, MonoTime now, Prng& prng) {
  if (!rules_.started_at()) rules_.on_started(started_at, now);
  if (!probes_.has_started()) probes_.on_started(started_at, now, prng);
  const MonoTime since = rules_.started_at().value_or(started_at);
  state_.started_at = since;
  set_ready_clock(now);
  apply(trends_.on_started(since, now));
}

void InstanceHealth::on_stopped(MonoTime now) {
  set_obstacle(WatchObstacle::kContainerStopped, true, now);
  state_.started_at.reset();
}

void InstanceHealth::on_shortage(std::optional<Shortage> shortage, MonoTime now) {
  if (state_.hindrance.shortage == shortage) return;
  state_.hindrance.shortage = shortage;
  state_.hindrance.held_back.clear();
  state_.hindrance.is_held_back_taken = false;
  if (shortage) {
    rules_.on_obstacle(WatchObstacle::kNodeStarved, now);
  } else {
    rules_.on_cleared(WatchObstacle::kNodeStarved, now);
  }
  set_ready_clock(now);
}

void InstanceHealth::on_node(const NodeCondition& node, MonoTime now) {
  const bool hangs = !node.is_runtime_usable;
  if (state_.obstacles.contains(WatchObstacle::kRuntimeHangs) != hangs)  // Called at each event.
    set_obstacle(WatchObstacle::kRuntimeHangs, hangs, now);
  on_shortage(node.shortage, now);
  state_.hindrance.last_assignment_at = node.last_assignment_at;
  state_.doubt.answered = node.runtime_answered;
  if (node.is_runtime_usable) end_doubt(now);
}

/// A line is missing: that means nothing before the runtime has answered once more.
void InstanceHealth::doubt_runtime(MonoTime now) {
  RuntimeDoubt& doubt = state_.doubt;
  const std::optional<MonoTime> missing = rules_.next_absence();
  if (doubt.since || !doubt.answered || !missing || *missing > now) return;
  if (*doubt.answered >= *missing) return;
  doubt.since = now;
  rules_.on_obstacle(WatchObstacle::kRuntimeInDoubt, now);
}

void InstanceHealth::end_doubt(MonoTime now) {
  RuntimeDoubt& doubt = state_.doubt;
  if (!doubt.since || !doubt.answered || *doubt.answered < *doubt.since) return;
  const Duration waited = now - *doubt.since;
  doubt.since.reset();
  rules_.on_cleared(WatchObstacle::kRuntimeInDoubt, now);
  const bool was_put_off = doubt.put_off && now < *doubt.put_off + kPutOffPause;
  if (waited > kPromptAnswer && !was_put_off) {
    doubt.put_off = now;
    rules_.on_stall(kPutOff, now);
  }
  apply(rules_.tend(now));
}

std::optional<std::string> InstanceHealth::take_held_back() {
  Hindrance& hindrance = state_.hindrance;
  if (hindrance.held_back.empty() || std::exchange(hindrance.is_held_back_taken, true)) {
    return std::nullopt;
  }
  return hindrance.held_back;
}

void InstanceHealth::take_memory(InstanceMemory& memory) {
  memory.cursor = state_.cursor;
  memory.rules = rules_.durable();
  memory.probes = probes_.durable();
  memory.pending = state_.called_for;
  const std::optional<ProbeFault> fault = probes_.fault();
  if (memory.pending.restart.empty() && fault && !state_.hindrance.shortage) {
    memory.pending.restart = fault->why;
  }
  state_.unsaved = Unsaved::kNothing;
  gate_.on_taken();
}

void InstanceHealth::set_obstacle(WatchObstacle obstacle, bool is_there, MonoTime now) {
  if (is_there) {
    rules_.on_obstacle(obstacle, now);
    probes_.on_obstacle(obstacle, now);
    state_.obstacles.insert(obstacle);
  } else {
    rules_.on_cleared(obstacle, now);
    probes_.on_cleared(obstacle, now);
    state_.obstacles.erase(obstacle);
  }
  set_ready_clock(now);
}

void InstanceHealth::set_ready_clock(MonoTime now) {
  const bool awaits_lines = rules_.judges_readiness() && rules_.is_behind();
  if (state_.obstacles.empty() && !state_.hindrance.shortage && !awaits_lines) {
    state_.ready_clock.run(now);
  } else {
    state_.ready_clock.stop(now);
  }
}

void InstanceHealth::on_stall(Duration lateness, MonoTime now) {
  rules_.on_stall(lateness, now);
  probes_.on_stall(lateness, now);
  WatchedClock& clock = state_.ready_clock;
  clock.stop(now);
  clock.before -= std::min(lateness, clock.before);
  set_ready_clock(now);
  if (std::optional<MonoTime>& since = state_.hindrance.replace_since) {
    since = std::min(now, *since + lateness);
  }
}

void InstanceHealth::on(const LogRead& event, MonoTime now) {
  apply(rules_.on_lines(event.lines, now));
  state_.cursor = event.cursor;
  note_unsaved(Unsaved::kProgress);
}

void InstanceHealth::on(const LogReaderChanged& event, MonoTime now) {
  if (event.reading == LogReading::kUnreadable) {
    rules_.on_unreadable(event.reason, now);
  } else {
    rules_.on_reading(event.reading, now);
  }
  set_ready_clock(now);
}

void InstanceHealth::on(const HealthcheckReported& event, MonoTime now) {
  const bool is_answer = event.by == HealthcheckReported::By::kInspection;
  state_.requests.is_inspected = state_.requests.is_inspected || is_answer;
  const ProbesMemory before = probes_.durable();
  probes_.on_health(event.health, event.output, now);
  if (probes_.durable() != before) note_unsaved(Unsaved::kProgress);
}

void InstanceHealth::on(const CheckDone& event, MonoTime now) {
  const ProbesMemory before = probes_.durable();
  probes_.on_answer(event.answer, now);
  if (probes_.durable() != before) note_unsaved(Unsaved::kProgress);
}

void InstanceHealth::on(const UsageSampled& event, MonoTime now) {
  if (event.usage) apply(trends_.on_sample(*event.usage, now));
}

HealthVerdict InstanceHealth::tend(MonoTime now, Prng& prng) {
  HEARTH_CHECK(state_.started_at);
  doubt_runtime(now);
  apply(rules_.tend(now));
  for (DueCheck& due : probes_.tend(now, prng)) state_.checks.push_back(std::move(due));
  note_probe_fault();
  HealthVerdict verdict = judge_spared(now);
  restart_if_cut_off(verdict, now);
  return gate_.pass(verdict, now);
}

/// Of all evidence, unless its node is short of something.
HealthVerdict InstanceHealth::judge_spared(MonoTime now) {
  HealthVerdict all = judge(Evidence::kAll, now);
  Hindrance& hindrance = state_.hindrance;
  if (!hindrance.shortage) return all;
  HealthVerdict spared = judge(Evidence::kWrittenLines, now);
  if (severity_of(all) <= severity_of(spared)) return spared;
  hindrance.held_back =
      fmt::format("not acted on, because its node is short of {}: {}", name_of(*hindrance.shortage),
                  all.restart.empty() ? all.reason : all.restart);
  spared.reason = hindrance.held_back;
  return spared;
}

void InstanceHealth::restart_if_cut_off(HealthVerdict& verdict, MonoTime now) {
  Hindrance& hindrance = state_.hindrance;
  if (!verdict.must_be_replaced) return hindrance.replace_since.reset();
  if (!hindrance.replace_since) hindrance.replace_since = now;
  const std::optional<MonoTime> due = restart_due();
  if (!due || now < *due || !verdict.restart.empty()) return;
  verdict.restart = verdict.reason + "; the manager, which would replace it, cannot be reached";
}

std::optional<MonoTime> InstanceHealth::restart_due() const {
  const Hindrance& hindrance = state_.hindrance;
  if (!hindrance.replace_since) return std::nullopt;
  return std::max(*hindrance.replace_since, hindrance.last_assignment_at) + kReplacementWait;
}

HealthVerdict InstanceHealth::judge(Evidence evidence, MonoTime now) const {
  const bool counts_all = evidence == Evidence::kAll;
  const std::optional<ProbeFault> fault = probes_.fault();
  const ProbeReadiness probed = probes_.readiness();
  const PendingActions& called_for = state_.called_for;
  HealthVerdict verdict{.health = Health::kReady,
                        .reason = {},
                        .must_be_replaced = !called_for.replace.empty(),
                        .restart = called_for.restart};
  if (verdict.restart.empty() && fault && counts_all) verdict.restart = fault->why;
  const std::vector<LogMark> marks = rules_.marks();
  const std::vector<std::string> trend_marks =
      counts_all ? trends_.marks() : std::vector<std::string>();
  if (!called_for.replace.empty()) {
    verdict.health = Health::kDegraded;
    verdict.reason = called_for.replace;
  } else if (probed.readiness == Readiness::kNotReady && counts_all) {
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
    const bool is_late = state_.ready_clock.at(now) >= ready_deadline_;
    verdict.health = is_late ? Health::kDegraded : Health::kStarting;
    verdict.reason = is_late ? "it is not ready in time: " + why : why;
    verdict.must_be_replaced = is_late && replace_order_ == ReplaceOrder::kStartFirst;
  }
  return verdict;
}

std::vector<WatchAction> InstanceHealth::take_watches(const ContainerId& container,
                                                      const AssignedInstance& instance,
                                                      MonoTime now) {
  std::vector<WatchAction> watches;
  Requests& requests = state_.requests;
  const std::vector<LogRule>& rules = instance.spec.log_rules;
  if (!rules.empty() && !std::exchange(requests.is_followed, true)) {
    FollowLog follow{.container = container, .instance = instance.id, .rules = rules, .after = {}};
    if (!state_.cursor.at_start()) follow.after = state_.cursor;
    watches.emplace_back(std::move(follow));
  }
  if (!requests.is_inspected && now >= requests.next_inspection) {
    requests.next_inspection = now + kInspectionRetry;
    watches.emplace_back(InspectContainer{container, instance.id});
  }
  for (DueCheck& due : std::exchange(state_.checks, {})) {
    watches.emplace_back(
        RunCheck{container, instance.id, instance.spec.container.network, std::move(due)});
  }
  return watches;
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
  const bool is_old = state_.started_at && now >= *state_.started_at + min_ready_;
  return is_old ? "" : "it has just started";
}

void InstanceHealth::apply(const std::vector<LogFiring>& firings) {
  for (const LogFiring& firing : firings) apply(firing.action, words_of(firing));
}

void InstanceHealth::apply(const std::vector<TrendFiring>& firings) {
  for (const TrendFiring& firing : firings) apply(firing.action, firing.why);
}

void InstanceHealth::apply(HealthAction action, std::string words) {
  PendingActions& called_for = state_.called_for;
  switch (action) {
    case HealthAction::kEvent:
    case HealthAction::kMark: break;
    case HealthAction::kRestart: called_for.restart = words; break;
    case HealthAction::kReplace:
      (replace_order_ == ReplaceOrder::kStopFirst ? called_for.restart : called_for.replace) =
          words;
      break;
  }
  state_.noticed.push_back(std::move(words));
  note_unsaved(Unsaved::kDecision);
}

/// A fault is a level; it is reported once, and not while it is not acted on.
void InstanceHealth::note_probe_fault() {
  const std::optional<ProbeFault> fault = probes_.fault();
  if (fault && state_.hindrance.shortage) return;
  if (fault && state_.probe_fault.empty()) state_.noticed.push_back(fault->why);
  state_.probe_fault = fault ? fault->why : std::string();
}

std::optional<MonoTime> InstanceHealth::next_deadline(MonoTime now) const {
  std::optional<MonoTime> next = earlier(rules_.next_deadline(), probes_.next_deadline());
  if (!state_.started_at) return next;
  const std::optional<MonoTime> passes = gate_.next_deadline();
  if (passes && *passes > now) next = earlier(next, passes);  // Past: nobody may act meanwhile.
  const bool is_inspection_due_later =
      !state_.requests.is_inspected && state_.requests.next_inspection > now;
  if (is_inspection_due_later) next = earlier(next, state_.requests.next_inspection);
  const std::optional<MonoTime> restart = restart_due();
  if (restart && *restart > now) next = earlier(next, restart);
  if (*state_.started_at + min_ready_ > now) next = earlier(next, *state_.started_at + min_ready_);
  const std::optional<MonoTime> late_at = state_.ready_clock.when(ready_deadline_);
  return late_at && *late_at > now ? earlier(next, late_at) : next;
}

void InstanceHealth::check_invariants() const {
  rules_.check_invariants();
  probes_.check_invariants();
  HEARTH_CHECK(state_.obstacles.empty() || !state_.ready_clock.running_since);
  HEARTH_CHECK(state_.ready_clock.before >= Duration::zero());
  trends_.check_invariants();
}

}  // namespace hearth::core
