#include "core/recovery/recovery_ladder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/backoff.h"
#include "base/check.h"
#include "base/duration_text.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

/// A driver bounds its own time; its answer is lost after this many times that bound.
constexpr int kAnswerFactor = 2;

}  // namespace

static_assert(TimedPart<RecoveryLadder>);

RecoveryLadder::RecoveryLadder(const RecoverySettings& settings, Recovery recovery, MonoTime now)
    : settings_(settings) {
  state_.recovery = std::move(recovery);
  switch (state_.recovery.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined: break;
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn:
      enter(state_.recovery.phase, now + kAnswerFactor * settings_.switch_timeout);
      break;
    case RecoveryPhase::kBooting: enter(state_.recovery.phase, now + settings_.boot_timeout); break;
    case RecoveryPhase::kWaiting: enter(state_.recovery.phase, now + settings_.backoff_min); break;
  }
}

RecoveryLadder::RecoveryLadder(const RecoverySettings& settings, State state)
    : settings_(settings), state_(std::move(state)) {}

void RecoveryLadder::on_dead(MonoTime now) {
  state_.unattended = false;
  state_.begin_at.reset();
  if (state_.recovery.phase != RecoveryPhase::kNone) return;
  const bool relapse = state_.recovered_at && now - *state_.recovered_at < settings_.backoff_max;
  if (!relapse) state_.recovery.attempt = 0;
  if (state_.recovery.attempt >= settings_.attempts_max) {
    state_.recovery.reason = "the node died again soon after each recovery";
    enter(RecoveryPhase::kQuarantined, std::nullopt);
    return;
  }
  begin_attempt(now);
}

void RecoveryLadder::on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now) {
  const RecoveryPhase expected =
      verb == PowerVerb::kOff ? RecoveryPhase::kSwitchingOff : RecoveryPhase::kSwitchingOn;
  if (state_.recovery.phase != expected) return;
  if (!outcome && outcome.error().code == ErrorCode::kExhausted) {
    state_.recovery.reason =
        fmt::format("power {} waits for its turn: {}", name_of(verb), outcome.error().message);
    state_.verb.reset();
    state_.in_line = true;
    state_.deadline = now + settings_.backoff_min;
    return;
  }
  if (!outcome) {
    fail_attempt(fmt::format("power {} failed: {}", name_of(verb), outcome.error().message), now);
    return;
  }
  if (verb == PowerVerb::kOff) {
    enter(RecoveryPhase::kSwitchingOn, now + kAnswerFactor * settings_.switch_timeout);
  } else {
    enter(RecoveryPhase::kBooting, now + settings_.boot_timeout);
  }
}

bool RecoveryLadder::on_heartbeat(SameIncarnation same_incarnation, MonoTime now) {
  switch (state_.recovery.phase) {
    case RecoveryPhase::kNone: return false;
    case RecoveryPhase::kSwitchingOff:
      if (!state_.in_line) return false;  // The driver is switching it: finish that first.
      --state_.recovery.attempt;
      break;
    case RecoveryPhase::kSwitchingOn: return false;
    case RecoveryPhase::kBooting:
      if (same_incarnation == SameIncarnation::kYes) return false;
      break;
    case RecoveryPhase::kWaiting:
    case RecoveryPhase::kQuarantined: break;
  }
  state_.recovered_at = now;
  state_.recovery.reason.clear();
  enter(RecoveryPhase::kNone, std::nullopt);
  return true;
}

void RecoveryLadder::on_live() {
  state_.unattended = false;
  state_.begin_at.reset();
}

void RecoveryLadder::on_tick(MonoTime now) {
  if (state_.begin_at && now >= *state_.begin_at) return on_dead(now);
  if (!state_.deadline || now < *state_.deadline) return;
  switch (state_.recovery.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined: state_.deadline.reset(); return;
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn:
      if (!state_.in_line) return fail_attempt("the power driver did not answer", now);
      return enter(state_.recovery.phase, now + kAnswerFactor * settings_.switch_timeout);
    case RecoveryPhase::kBooting:
      return fail_attempt(
          fmt::format("no heartbeat within {} of power on", show_duration(settings_.boot_timeout)),
          now);
    case RecoveryPhase::kWaiting: return begin_attempt(now);
  }
  HEARTH_CHECK(false);
}

std::optional<MonoTime> RecoveryLadder::next_deadline() const {
  return earlier(state_.deadline, state_.begin_at);
}

void RecoveryLadder::on_bus_restored(MonoTime now) {
  state_.margin.renew();
  if (state_.unattended) state_.begin_at = now + settings_.backoff_min;
  switch (state_.recovery.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined:
    case RecoveryPhase::kSwitchingOn: return;
    case RecoveryPhase::kSwitchingOff:
      if (state_.in_line) wait_for_node(now);
      return;
    case RecoveryPhase::kBooting: state_.deadline = now + settings_.boot_timeout; return;
    case RecoveryPhase::kWaiting: return wait_for_node(now);
  }
  HEARTH_CHECK(false);
}

/// The next step would switch off a node that may be back.
void RecoveryLadder::wait_for_node(MonoTime now) {
  HEARTH_CHECK(state_.deadline);
  state_.deadline = std::max(*state_.deadline, now + settings_.backoff_min);
}

void RecoveryLadder::on_stall(Duration lateness, MonoTime now) {
  const Stall stall{.lateness = lateness, .ended_at = now};
  for (std::optional<MonoTime>* wait : {&state_.begin_at, &state_.deadline}) {
    if (*wait) *wait = state_.margin.put_off(**wait, stall, settings_.backoff_min);
  }
}

std::optional<PowerVerb> RecoveryLadder::take_verb() {
  return std::exchange(state_.verb, std::nullopt);
}

void RecoveryLadder::enter(RecoveryPhase phase, std::optional<MonoTime> deadline) {
  state_.recovery.phase = phase;
  state_.deadline = deadline;
  state_.margin.renew();
  state_.verb.reset();
  state_.in_line = false;
  if (phase == RecoveryPhase::kSwitchingOff) state_.verb = PowerVerb::kOff;
  if (phase == RecoveryPhase::kSwitchingOn) state_.verb = PowerVerb::kOn;
}

void RecoveryLadder::begin_attempt(MonoTime now) {
  ++state_.recovery.attempt;
  enter(RecoveryPhase::kSwitchingOff, now + kAnswerFactor * settings_.switch_timeout);
}

void RecoveryLadder::fail_attempt(std::string reason, MonoTime now) {
  state_.recovery.reason = std::move(reason);
  if (state_.recovery.attempt >= settings_.attempts_max) {
    enter(RecoveryPhase::kQuarantined, std::nullopt);
    return;
  }
  const Backoff backoff(settings_.backoff_min, settings_.backoff_max);
  enter(RecoveryPhase::kWaiting, now + backoff.after(state_.recovery.attempt));
}

void RecoveryLadder::check_invariants() const {
  const RecoveryPhase phase = state_.recovery.phase;
  const bool rests = phase == RecoveryPhase::kNone || phase == RecoveryPhase::kQuarantined;
  HEARTH_CHECK(rests || state_.deadline);
  HEARTH_CHECK(rests || state_.recovery.attempt >= 1);
  const bool switches =
      phase == RecoveryPhase::kSwitchingOff || phase == RecoveryPhase::kSwitchingOn;
  HEARTH_CHECK(!state_.in_line || (switches && !state_.verb));
  HEARTH_CHECK(!state_.begin_at || state_.unattended);
  HEARTH_CHECK(!state_.unattended || phase == RecoveryPhase::kNone);
}

}  // namespace hearth::core
