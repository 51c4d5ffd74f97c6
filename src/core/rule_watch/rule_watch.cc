#include "core/rule_watch/rule_watch.h"

#include <algorithm>
#include <variant>

#include "base/check.h"
#include "base/shortened.h"
#include "core/rule_watch/rule_terms.h"
#include "core/rule_watch/rule_words.h"

namespace hearth::core {

RuleWatch::Durable RuleWatch::durable() const {
  return {.is_met = state_.is_met,
          .may_be_skipped = state_.may_be_skipped,
          .fault = state_.fault,
          .last = state_.last,
          .counted = state_.counted};
}

bool RuleWatch::reads(LogStream stream) const {
  return rule_.stream == LogStream::kAny || rule_.stream == stream;
}

void RuleWatch::begin() {
  state_ = {.last = std::move(state_.last), .held_off = state_.held_off};
  wait_from_start();
}

void RuleWatch::resume(const Durable& known) {
  state_ = {.is_met = known.is_met,
            .may_be_skipped = known.may_be_skipped && !known.is_met,
            .fault = known.fault,
            .last = known.last};
  if (const auto* condition = std::get_if<MustNotAppear>(&rule_.condition)) {
    if (condition->count > known.counted.size()) state_.counted = known.counted;
    state_.fault_until = known.fault ? fault_duration(rule_, *condition) : Duration::zero();
  }
  wait_from_start();
}

void RuleWatch::wait_from_start() {
  const std::optional<AbsenceWait> wait = absence_wait(rule_);
  if (!wait) return;
  if (is_must_appear() && (state_.is_met || state_.may_be_skipped)) return;
  state_.due = state_.is_met ? wait->next : wait->first;
}

std::optional<LogFiring> RuleWatch::on_line(Duration age, std::string_view text,
                                            const WatchMoment& moment) {
  const auto* condition = std::get_if<MustNotAppear>(&rule_.condition);
  if (!condition) {
    fulfil(moment);
    return std::nullopt;
  }
  HEARTH_CHECK(age >= Duration::zero());
  if (age > kReplayMax || !completes(*condition, moment.now - age)) return std::nullopt;
  return find_faulty(text, moment);
}

void RuleWatch::fulfil(const WatchMoment& moment) {
  state_.is_met = true;
  state_.may_be_skipped = false;
  state_.fault.reset();
  state_.margin.renew();
  state_.due.reset();
  if (is_must_appear()) return;
  if (const std::optional<AbsenceWait> wait = absence_wait(rule_)) {
    state_.due = moment.watched + wait->next;
  }
}

bool RuleWatch::completes(const MustNotAppear& condition, MonoTime written) {
  if (condition.count <= 1) return true;
  std::vector<MonoTime>& counted = state_.counted;
  // The order of arrival is the order of writing, whatever the stamps say.
  if (!counted.empty()) written = std::max(written, counted.back());
  counted.erase(counted.begin(), std::ranges::lower_bound(counted, written - condition.within));
  if (counted.size() + 1 < std::min(condition.count, kRuleCountMax)) {
    counted.push_back(written);
    return false;
  }
  counted.clear();
  return true;
}

std::optional<LogFiring> RuleWatch::find_faulty(std::string_view line, const WatchMoment& moment) {
  state_.fault = words_of_fault(rule_, state_.is_met);
  if (const auto* condition = std::get_if<MustNotAppear>(&rule_.condition)) {
    state_.fault_until = moment.watched + fault_duration(rule_, *condition);
  }
  if (state_.last && moment.now - state_.last->at < rule_.hold_off) {
    ++state_.held_off;
    return std::nullopt;
  }
  state_.last = LogFiring{.rule = rule_.name,
                          .action = rule_.action,
                          .why = *state_.fault,
                          .line = shortened(line, kEvidenceBytesMax),
                          .held_off = std::exchange(state_.held_off, 0),
                          .at = moment.now};
  return state_.last;
}

void RuleWatch::on_skipped(const WatchMoment& moment) {
  if (!state_.due) return;
  if (is_must_appear()) {
    // Most programs write such a line once. It must not fire for the line that was lost.
    state_.may_be_skipped = true;
    state_.due.reset();
  } else if (const std::optional<AbsenceWait> wait = absence_wait(rule_)) {
    state_.due = std::max(*state_.due, moment.watched + wait->next);
    state_.margin.renew();
  }
}

std::optional<LogFiring> RuleWatch::tend(const WatchMoment& moment) {
  if (std::holds_alternative<MustNotAppear>(rule_.condition)) {
    if (moment.watched >= state_.fault_until) state_.fault.reset();
    return std::nullopt;
  }
  if (!state_.due || moment.watched < *state_.due) return std::nullopt;
  std::optional<LogFiring> firing = find_faulty({}, moment);
  if (const std::optional<AbsenceWait> wait = absence_wait(rule_)) {
    state_.due = moment.watched + wait->next;
    state_.margin.renew();
  }
  return firing;
}

std::optional<Duration> RuleWatch::next_due() const {
  if (is<MustNotAppear>()) return state_.fault ? std::optional(state_.fault_until) : std::nullopt;
  return state_.due;
}

void RuleWatch::on_stall(Duration lateness, const WatchMoment& moment) {
  if (is<MustNotAppear>() && state_.fault) state_.fault_until += lateness;
  if (!state_.due) return;
  // A StallMargin computes with instants: these are on the watched clock.
  const Stall stall{.lateness = lateness, .ended_at = MonoTime(moment.watched)};
  const MonoTime later = state_.margin.put_off(MonoTime(*state_.due), stall, kStallMarginMax);
  state_.due = later.time_since_epoch();
}

void RuleWatch::check_invariants(bool has_container, MonoTime now) const {
  const auto* condition = std::get_if<MustNotAppear>(&rule_.condition);
  const std::size_t counted_max = condition ? std::max(condition->count, 1U) : 1U;
  HEARTH_CHECK(state_.counted.size() < std::min<std::size_t>(counted_max, kRuleCountMax));
  HEARTH_CHECK(std::ranges::is_sorted(state_.counted));
  HEARTH_CHECK(state_.counted.empty() || state_.counted.back() <= now);
  const bool is_over = is_must_appear() && (state_.is_met || state_.may_be_skipped);
  HEARTH_CHECK(state_.due.has_value() == (has_container && !condition && !is_over));
  HEARTH_CHECK(!state_.may_be_skipped || (is_must_appear() && !state_.is_met));
  HEARTH_CHECK(has_container || !state_.fault);
  HEARTH_CHECK(state_.held_off == 0 || state_.last);
  if (!state_.last) return;
  HEARTH_CHECK(state_.last->rule == rule_.name && state_.last->at <= now);
  HEARTH_CHECK(state_.last->line.size() <= kEvidenceBytesMax);
}

}  // namespace hearth::core
