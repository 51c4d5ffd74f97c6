#include "core/recovery/recovery_ladder.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/check.h"
#include "base/duration_text.h"

namespace hearth::core {
namespace {

/// A driver bounds its own time; this much more is waited for its answer before it counts as lost.
constexpr int kAnswerFactor = 2;

}  // namespace

RecoveryLadder::RecoveryLadder(const RecoverySettings& settings, Recovery recovery, MonoTime now)
    : settings_(settings), recovery_(std::move(recovery)) {
  switch (recovery_.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined: break;
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn:
      enter(recovery_.phase, now + kAnswerFactor * settings_.switch_timeout);
      break;
    case RecoveryPhase::kBooting: enter(recovery_.phase, now + settings_.boot_timeout); break;
    case RecoveryPhase::kWaiting: enter(recovery_.phase, now + settings_.backoff_min); break;
  }
}

void RecoveryLadder::on_dead(MonoTime now) {
  if (recovery_.phase != RecoveryPhase::kNone) return;
  const bool relapse = recovered_at_ && now - *recovered_at_ < settings_.backoff_max;
  if (!relapse) recovery_.attempt = 0;
  if (recovery_.attempt >= settings_.attempts_max) {
    recovery_.reason = "the node dies again soon after every recovery";
    enter(RecoveryPhase::kQuarantined, std::nullopt);
    return;
  }
  begin_attempt(now);
}

void RecoveryLadder::on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now) {
  const RecoveryPhase expected =
      verb == PowerVerb::kOff ? RecoveryPhase::kSwitchingOff : RecoveryPhase::kSwitchingOn;
  if (recovery_.phase != expected) return;
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

bool RecoveryLadder::on_heartbeat(SameLife same_life, MonoTime now) {
  switch (recovery_.phase) {
    case RecoveryPhase::kNone: return false;
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn: return false;  // The power is in our hands: see it through.
    case RecoveryPhase::kBooting:
      if (same_life == SameLife::kYes) return false;
      break;
    case RecoveryPhase::kWaiting:
    case RecoveryPhase::kQuarantined: break;
  }
  recovered_at_ = now;
  recovery_.reason.clear();
  enter(RecoveryPhase::kNone, std::nullopt);
  return true;
}

void RecoveryLadder::on_tick(MonoTime now) {
  if (!deadline_ || now < *deadline_) return;
  switch (recovery_.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined: deadline_.reset(); return;
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn: return fail_attempt("the power driver never answered", now);
    case RecoveryPhase::kBooting:
      return fail_attempt(
          fmt::format("no heartbeat within {} of power on", show_duration(settings_.boot_timeout)),
          now);
    case RecoveryPhase::kWaiting: return begin_attempt(now);
  }
  HEARTH_CHECK(false);
}

void RecoveryLadder::listen_again(MonoTime now) {
  switch (recovery_.phase) {
    case RecoveryPhase::kNone:
    case RecoveryPhase::kQuarantined:
    case RecoveryPhase::kSwitchingOff:
    case RecoveryPhase::kSwitchingOn: return;
    case RecoveryPhase::kBooting: deadline_ = now + settings_.boot_timeout; return;
    case RecoveryPhase::kWaiting:
      deadline_ = std::max(*deadline_, now + settings_.backoff_min);
      return;
  }
  HEARTH_CHECK(false);
}

void RecoveryLadder::excuse(Duration lateness, MonoTime now) {
  if (!deadline_) return;
  const Duration to_hear = std::min(lateness, settings_.backoff_min);
  *deadline_ = std::max(*deadline_ + lateness, now + to_hear);
}

std::optional<PowerVerb> RecoveryLadder::take_verb() {
  return std::exchange(verb_, std::nullopt);
}

void RecoveryLadder::enter(RecoveryPhase phase, std::optional<MonoTime> deadline) {
  recovery_.phase = phase;
  deadline_ = deadline;
  verb_.reset();
  if (phase == RecoveryPhase::kSwitchingOff) verb_ = PowerVerb::kOff;
  if (phase == RecoveryPhase::kSwitchingOn) verb_ = PowerVerb::kOn;
}

void RecoveryLadder::begin_attempt(MonoTime now) {
  ++recovery_.attempt;
  enter(RecoveryPhase::kSwitchingOff, now + kAnswerFactor * settings_.switch_timeout);
}

void RecoveryLadder::fail_attempt(std::string reason, MonoTime now) {
  recovery_.reason = std::move(reason);
  if (recovery_.attempt >= settings_.attempts_max) {
    enter(RecoveryPhase::kQuarantined, std::nullopt);
    return;
  }
  Duration wait = settings_.backoff_min;
  for (std::uint32_t i = 1; i < recovery_.attempt && wait < settings_.backoff_max; ++i) wait *= 2;
  enter(RecoveryPhase::kWaiting, now + std::min(wait, settings_.backoff_max));
}

}  // namespace hearth::core
