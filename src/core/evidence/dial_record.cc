#include "core/evidence/dial_record.h"

#include <algorithm>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

constexpr Duration kTimeoutMax = std::chrono::seconds(2);

}  // namespace

static_assert(TimedPart<DialRecord>);

DialRecord::DialRecord(const LivenessSettings& settings, MonoTime now)
    : DialRecord(settings, State{.next_dial = now, .under_way_since = {}, .last_outcome = {}}) {}

DialRecord::DialRecord(const LivenessSettings& settings, const State& state)
    : timeout_(std::min((settings.dead_after - settings.suspect_after) / 2, kTimeoutMax)),
      state_(state) {}

void DialRecord::begin_silence(MonoTime now) {
  state_.silent = true;
  discard(now);
}

void DialRecord::resume_silence(MonoTime now) {
  begin_silence(now);
  state_.proven = true;
}

void DialRecord::end_silence(MonoTime now) {
  state_.silent = false;
  state_.unanswered = 0;
  state_.last_outcome.reset();
  state_.under_way_since.reset();
  state_.stalls_excused = 0;
  state_.next_dial = state_.proven ? now + kLivePeriod : now;
}

void DialRecord::readdress(MonoTime now) {
  state_.proven = false;
  discard(now);
}

void DialRecord::discard(MonoTime now) {
  ++state_.last_dial;
  state_.under_way_since.reset();
  state_.unanswered = 0;
  state_.last_outcome.reset();
  state_.stalls_excused = 0;
  state_.next_dial = now;
}

void DialRecord::on_stall(Duration, MonoTime now) {
  const bool is_under_way = state_.under_way_since.has_value();
  // Its outcome is handled before the next dial supersedes it.
  if (is_under_way) state_.next_dial = std::max(state_.next_dial, now + timeout_);
  const bool has_failed = state_.last_outcome && *state_.last_outcome != DialOutcome::kAnswered;
  if (!is_under_way && !has_failed) return;
  if (state_.stalls_excused >= kStallsExcusedMax) return;
  ++state_.stalls_excused;
  state_.stalled = is_under_way;
  if (!has_failed) return;
  state_.unanswered = 0;
  state_.last_outcome.reset();
  if (!is_under_way) state_.next_dial = now;
}

void DialRecord::on_bus_restored(MonoTime now) {
  if (state_.silent) discard(now);
}

std::uint64_t DialRecord::on_dialled(MonoTime now) {
  state_.under_way_since = now;
  state_.stalled = false;
  // Also bounds the wait for an outcome that never comes.
  state_.next_dial = now + (state_.silent ? 2 * timeout_ : kLivePeriod);
  return ++state_.last_dial;
}

void DialRecord::on_outcome(std::uint64_t dial, DialOutcome outcome, BusReceives receives,
                            MonoTime now) {
  if (dial != state_.last_dial || !state_.under_way_since) return;
  const MonoTime began = *state_.under_way_since;
  state_.under_way_since.reset();
  const bool is_answered = outcome == DialOutcome::kAnswered;
  const bool counts = is_answered || (outcome != DialOutcome::kNotAsked && !state_.stalled);
  if (is_answered) state_.proven = true;
  if (!state_.silent) {
    if (counts) on_live_outcome(outcome, receives);
    return;
  }
  if (counts) {
    state_.last_outcome = outcome;
    state_.unanswered = outcome == DialOutcome::kNoAnswer ? state_.unanswered + 1 : 0;
    if (evidence()) state_.stalls_excused = 0;
  }
  // A host without a route fails at once: still keep the pace of the timeout.
  state_.next_dial = std::max(now, began + timeout_);
}

void DialRecord::on_live_outcome(DialOutcome outcome, BusReceives receives) {
  const bool missed = outcome != DialOutcome::kAnswered && receives == BusReceives::kYes;
  state_.unanswered = missed ? state_.unanswered + 1 : 0;
  if (!missed) state_.stalls_excused = 0;
  if (state_.unanswered >= kUnansweredMin) state_.proven = false;
}

std::optional<DialOutcome> DialRecord::evidence() const {
  if (!state_.last_outcome) return std::nullopt;
  switch (*state_.last_outcome) {
    case DialOutcome::kAnswered: return DialOutcome::kAnswered;
    case DialOutcome::kRefused: return state_.proven ? state_.last_outcome : std::nullopt;
    case DialOutcome::kNoAnswer:
      return state_.proven && state_.unanswered >= kUnansweredMin ? state_.last_outcome
                                                                  : std::nullopt;
    case DialOutcome::kNotAsked: break;  // Never kept.
  }
  HEARTH_CHECK(false);
}

void DialRecord::check_invariants() const {
  HEARTH_CHECK(state_.silent || !state_.last_outcome);
  HEARTH_CHECK(!state_.under_way_since || *state_.under_way_since <= state_.next_dial);
}

}  // namespace hearth::core
