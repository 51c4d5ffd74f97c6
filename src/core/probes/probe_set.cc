#include "core/probes/probe_set.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

constexpr std::string_view kWaitsForStartup = "its startup probe has not succeeded yet";

/// In the order of their kinds.
std::vector<std::pair<ProbeKind, Probe>> listed(const Probes& probes) {
  std::vector<std::pair<ProbeKind, Probe>> list;
  if (probes.startup) list.emplace_back(ProbeKind::kStartup, *probes.startup);
  if (probes.readiness) list.emplace_back(ProbeKind::kReadiness, *probes.readiness);
  if (probes.liveness) list.emplace_back(ProbeKind::kLiveness, *probes.liveness);
  return list;
}

}  // namespace

ProbeSet::ProbeSet(Probes probes, MonoTime now) : probes_(std::move(probes)), as_of_(now) {
  make_watches();
}

ProbeSet::ProbeSet(Probes probes, State state)
    : probes_(std::move(probes)),
      as_of_(state.as_of),
      started_at_(state.started_at),
      obstacles_(std::move(state.obstacles)),
      clock_(state.clock),
      checks_(state.checks),
      healthcheck_(std::move(state.healthcheck)) {
  auto kinds = listed(probes_);
  HEARTH_CHECK(state.watches.size() == kinds.size());
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    watches_.emplace_back(kinds[i].first, std::move(kinds[i].second), std::move(state.watches[i]));
  }
  check_invariants();
}

ProbeSet::ProbeSet(Probes probes, const Durable& durable, MonoTime now, Prng& prng)
    : ProbeSet(std::move(probes), now) {
  if (durable.probes != probes_ || !durable.started_at || *durable.started_at > now) return;
  on_started(*durable.started_at, now, prng);
  healthcheck_ = HealthcheckWatch(durable.healthcheck);
  for (ProbeWatch& watch : watches_) {
    if (watch.kind() == ProbeKind::kStartup && durable.has_startup_passed) {
      watch.resume(ProbeVerdict::kPassed, {});
      begin_after_startup();
    }
  }
  for (ProbeWatch& watch : watches_) {
    if (watch.kind() == ProbeKind::kReadiness) {
      watch.resume(durable.readiness, durable.readiness_failure);
    }
    watch.spread(clock_.at(now), prng);
  }
}

void ProbeSet::make_watches() {
  watches_.clear();
  for (auto& [kind, probe] : listed(probes_)) watches_.emplace_back(kind, std::move(probe));
}

ProbeSet::State ProbeSet::save() const {
  State state{.as_of = as_of_,
              .started_at = started_at_,
              .obstacles = obstacles_,
              .clock = clock_,
              .checks = checks_,
              .healthcheck = healthcheck_.state()};
  for (const ProbeWatch& watch : watches_) state.watches.push_back(watch.state());
  return state;
}

ProbeSet::Durable ProbeSet::durable() const {
  Durable durable{.probes = probes_,
                  .started_at = started_at_,
                  .has_startup_passed = started_at_ && !waits_for_startup(),
                  .healthcheck = healthcheck_.durable()};
  if (const ProbeWatch* own = find(ProbeKind::kReadiness)) {
    durable.readiness = own->verdict();
    if (own->verdict() == ProbeVerdict::kFailed) {
      durable.readiness_failure = own->state().failures.words;
    }
  }
  return durable;
}

void ProbeSet::on_started(MonoTime started_at, MonoTime now, Prng& prng) {
  HEARTH_CHECK(started_at <= now);
  advance(now);
  started_at_ = started_at;
  obstacles_.erase(WatchObstacle::kContainerStopped);
  obstacles_.erase(WatchObstacle::kContainerPaused);
  clock_ = {.before = now - started_at};
  if (is_watched()) clock_.run(now);
  healthcheck_ = {};
  begin(now, prng);
}

void ProbeSet::on_probes(const Probes& probes, MonoTime now, Prng& prng) {
  advance(now);
  if (probes == probes_) return;
  probes_ = probes;
  make_watches();
  if (!started_at_) return;
  begin(now, prng);
}

void ProbeSet::begin(MonoTime now, Prng& prng) {
  for (ProbeWatch& watch : watches_) {
    watch.begin(watch.probe().initial_delay);
    if (watch.kind() != ProbeKind::kStartup && waits_for_startup()) watch.end();
    watch.spread(clock_.at(now), prng);
  }
}

void ProbeSet::begin_after_startup() {
  for (ProbeWatch& watch : watches_) {
    if (watch.kind() == ProbeKind::kStartup) {
      watch.end();
    } else {
      watch.begin(watch.probe().initial_delay);
    }
  }
}

void ProbeSet::on_obstacle(WatchObstacle obstacle, MonoTime now) {
  advance(now);
  obstacles_.insert(obstacle);
  clock_.stop(now);
  for (ProbeWatch& watch : watches_) watch.disregard();
}

void ProbeSet::on_cleared(WatchObstacle obstacle, MonoTime now) {
  advance(now);
  if (obstacles_.erase(obstacle) == 0 || !is_watched()) return;
  clock_.run(now);
}

void ProbeSet::on_health(ImageHealth health, const std::string& output, MonoTime now) {
  advance(now);
  if (started_at_) healthcheck_.on_health(health, output, !waits_for_startup());
}

void ProbeSet::on_answer(const CheckAnswer& answer, MonoTime now) {
  advance(now);
  const bool waited = waits_for_startup();
  for (ProbeWatch& watch : watches_) {
    if (watch.kind() == answer.probe) watch.on_answer(answer.number, answer.result, moment(now));
  }
  if (waited && !waits_for_startup()) begin_after_startup();
}

std::vector<DueCheck> ProbeSet::tend(MonoTime now, Prng& prng) {
  advance(now);
  std::vector<DueCheck> checks;
  for (ProbeWatch& watch : watches_) {
    watch.tend(moment(now));
    if (!is_watched() || !watch.is_due(clock_.at(now))) continue;
    watch.start(++checks_, moment(now), prng);
    checks.push_back({.probe = watch.kind(),
                      .number = checks_,
                      .check = watch.probe().check,
                      .timeout = watch.probe().timeout});
  }
  return checks;
}

void ProbeSet::advance(MonoTime now) {
  HEARTH_CHECK(now >= as_of_);
  as_of_ = now;
}

const ProbeWatch* ProbeSet::find(ProbeKind kind) const {
  const auto found = std::ranges::find(watches_, kind, &ProbeWatch::kind);
  return found == watches_.end() ? nullptr : &*found;
}

bool ProbeSet::is_used(HealthcheckUse use) const {
  if (probes_.image_healthcheck != use) return false;
  return use == HealthcheckUse::kLiveness ||
         (use == HealthcheckUse::kReadiness && !probes_.readiness);
}

bool ProbeSet::waits_for_startup() const {
  const ProbeWatch* startup = find(ProbeKind::kStartup);
  return startup != nullptr && startup->verdict() != ProbeVerdict::kPassed;
}

std::optional<ProbeFault> ProbeSet::fault() const {
  if (waits_for_startup()) {
    const ProbeWatch& startup = *find(ProbeKind::kStartup);
    if (startup.verdict() != ProbeVerdict::kFailed) return std::nullopt;
    return ProbeFault{ProbeKind::kStartup, startup.words()};
  }
  const ProbeWatch* liveness = find(ProbeKind::kLiveness);
  if (liveness != nullptr && liveness->verdict() == ProbeVerdict::kFailed) {
    return ProbeFault{ProbeKind::kLiveness, liveness->words()};
  }
  if (is_used(HealthcheckUse::kLiveness) && healthcheck_.liveness() == ProbeVerdict::kFailed) {
    return ProbeFault{ProbeKind::kLiveness, healthcheck_.words()};
  }
  return std::nullopt;
}

ProbeReadiness ProbeSet::readiness() const {
  if (waits_for_startup()) {
    const std::string words = find(ProbeKind::kStartup)->words();
    return {Readiness::kWaiting, words.empty() ? std::string(kWaitsForStartup) : words};
  }
  if (const ProbeWatch* own = find(ProbeKind::kReadiness)) {
    return readiness_by(own->verdict(), own->words());
  }
  const bool asks_image = is_used(HealthcheckUse::kReadiness);
  if (asks_image && (!healthcheck_.is_known() || healthcheck_.exists())) {
    return readiness_by(healthcheck_.readiness(), healthcheck_.words());
  }
  return {find(ProbeKind::kStartup) == nullptr ? Readiness::kNotJudged : Readiness::kReady, {}};
}

ProbeReadiness ProbeSet::readiness_by(ProbeVerdict verdict, const std::string& words) const {
  switch (verdict) {
    case ProbeVerdict::kPassed: return {Readiness::kReady, {}};
    case ProbeVerdict::kFailed: return {Readiness::kNotReady, words};
    case ProbeVerdict::kOpen: break;
  }
  return {Readiness::kWaiting, words.empty() ? "its readiness probe has not succeeded yet" : words};
}

std::vector<ProbeStatus> ProbeSet::statuses() const {
  std::vector<ProbeStatus> statuses;
  for (const ProbeWatch& watch : watches_) statuses.push_back(status_of(watch));
  const bool uses_image = is_used(HealthcheckUse::kReadiness) || is_used(HealthcheckUse::kLiveness);
  if (uses_image && healthcheck_.exists()) statuses.push_back(status_of_healthcheck());
  return statuses;
}

ProbeStatus ProbeSet::status_of(const ProbeWatch& watch) const {
  const auto status = [&watch](ProbeStanding standing, std::string words) {
    return ProbeStatus{std::string(name_of(watch.kind())), standing, std::move(words)};
  };
  const ProbeWatch::State& state = watch.state();
  if (watch.kind() == ProbeKind::kStartup && watch.verdict() == ProbeVerdict::kPassed) {
    return status(ProbeStanding::kSucceeding, {});
  }
  if (watch.verdict() == ProbeVerdict::kFailed) {
    return status(ProbeStanding::kFailed, watch.words());
  }
  if (!started_at_) return status(ProbeStanding::kWaiting, "its container has not started");
  if (!obstacles_.empty()) {
    return status(ProbeStanding::kStandingStill, std::string(words_of(*obstacles_.begin())));
  }
  if (watch.kind() != ProbeKind::kStartup && waits_for_startup()) {
    return status(ProbeStanding::kWaiting, std::string(kWaitsForStartup));
  }
  if (state.failures.count > 0) return status(ProbeStanding::kFailing, watch.words());
  const bool has_succeeded = state.successes > 0 || watch.verdict() == ProbeVerdict::kPassed;
  return status(has_succeeded ? ProbeStanding::kSucceeding : ProbeStanding::kWaiting,
                watch.words());
}

ProbeStatus ProbeSet::status_of_healthcheck() const {
  const ProbeVerdict verdict =
      is_used(HealthcheckUse::kLiveness) ? healthcheck_.liveness() : healthcheck_.readiness();
  const bool is_failing = healthcheck_.state().health == ImageHealth::kUnhealthy;
  ProbeStanding standing = is_failing ? ProbeStanding::kFailing : ProbeStanding::kWaiting;
  if (verdict == ProbeVerdict::kFailed) standing = ProbeStanding::kFailed;
  if (healthcheck_.state().health == ImageHealth::kHealthy) standing = ProbeStanding::kSucceeding;
  return {"healthcheck", standing, healthcheck_.words()};
}

std::optional<MonoTime> ProbeSet::next_deadline() const {
  std::optional<MonoTime> next;
  for (const ProbeWatch& watch : watches_) {
    const ProbeWatch::State& state = watch.state();
    if (state.in_flight) {
      next = earlier(next, state.in_flight->answer_by);
    } else if (state.due) {
      next = earlier(next, clock_.when(*state.due));
    }
  }
  return next;
}

void ProbeSet::on_stall(Duration lateness, MonoTime now) {
  advance(now);
  for (ProbeWatch& watch : watches_) watch.on_stall(lateness, now);
}

void ProbeSet::check_invariants() const {
  HEARTH_CHECK(clock_.running_since.has_value() == is_watched());
  HEARTH_CHECK(!clock_.running_since || *clock_.running_since <= as_of_);
  HEARTH_CHECK(!started_at_ || *started_at_ <= as_of_);
  HEARTH_CHECK(clock_.before >= Duration::zero());
  for (const ProbeWatch& watch : watches_) {
    watch.check_invariants();
    const ProbeWatch::State& state = watch.state();
    HEARTH_CHECK(!state.in_flight || state.in_flight->number <= checks_);
    const bool is_startup = watch.kind() == ProbeKind::kStartup;
    const bool is_active = started_at_ && is_startup == waits_for_startup();
    HEARTH_CHECK(state.due.has_value() == is_active);
  }
}

}  // namespace hearth::core
