#include "core/evidence/dial_record.h"

#include <algorithm>

#include "base/check.h"

namespace hearth::core {
namespace {

constexpr Duration kTimeoutMax = std::chrono::seconds(2);

}  // namespace

DialRecord::DialRecord(const LivenessSettings& settings, MonoTime now)
    : timeout_(std::min((settings.dead_after - settings.suspect_after) / 2, kTimeoutMax)),
      next_dial_(now) {}

void DialRecord::begin_silence(MonoTime now) {
  silent_ = true;
  discard(now);
}

void DialRecord::resume_silence(MonoTime now) {
  begin_silence(now);
  proven_ = true;
}

void DialRecord::end_silence(MonoTime now) {
  silent_ = false;
  unanswered_ = 0;
  last_outcome_.reset();
  under_way_since_.reset();
  next_dial_ = proven_ ? now + kLivePeriod : now;
}

void DialRecord::readdress(MonoTime now) {
  proven_ = false;
  discard(now);
}

void DialRecord::discard(MonoTime now) {
  ++last_dial_;
  under_way_since_.reset();
  unanswered_ = 0;
  last_outcome_.reset();
  next_dial_ = now;
}

std::uint64_t DialRecord::on_dialled(MonoTime now) {
  under_way_since_ = now;
  // Also the bound for an outcome that never comes.
  next_dial_ = now + (silent_ ? 2 * timeout_ : kLivePeriod);
  return ++last_dial_;
}

void DialRecord::on_outcome(std::uint64_t dial, DialOutcome outcome, Heard heard, MonoTime now) {
  if (dial != last_dial_ || !under_way_since_) return;
  const MonoTime began = *under_way_since_;
  under_way_since_.reset();
  if (outcome == DialOutcome::kAnswered) proven_ = true;
  const bool asked = outcome != DialOutcome::kNotAsked;
  if (!silent_) {
    const bool missed = asked && outcome != DialOutcome::kAnswered && heard == Heard::kYes;
    if (asked) unanswered_ = missed ? unanswered_ + 1 : 0;
    if (unanswered_ >= kUnansweredMin) proven_ = false;
    return;
  }
  if (asked) {
    last_outcome_ = outcome;
    unanswered_ = outcome == DialOutcome::kNoAnswer ? unanswered_ + 1 : 0;
  }
  // A host without a route answers at once: keep the pace of the timeout all the same.
  next_dial_ = std::max(now, began + timeout_);
}

std::optional<DialOutcome> DialRecord::evidence() const {
  if (!last_outcome_) return std::nullopt;
  switch (*last_outcome_) {
    case DialOutcome::kAnswered: return DialOutcome::kAnswered;
    case DialOutcome::kRefused: return proven_ ? last_outcome_ : std::nullopt;
    case DialOutcome::kNoAnswer:
      return proven_ && unanswered_ >= kUnansweredMin ? last_outcome_ : std::nullopt;
    case DialOutcome::kNotAsked: break;  // Never kept.
  }
  HEARTH_CHECK(false);
}

}  // namespace hearth::core
