#include "core/probe_watch/probe_watch.h"

#include <algorithm>

#include "base/backoff.h"
#include "base/check.h"
#include "base/shortened.h"

namespace hearth::core {

std::string ProbeWatch::words() const {
  std::string words;
  if (state_.failures.count > 0) words = words_of_failures(kind_, probe_.check, state_.failures);
  if (state_.not_run > 0) {
    if (!words.empty()) words += "; since then ";
    words += words_of_not_run(kind_, state_.not_run, state_.not_run_because);
  }
  return words;
}

void ProbeWatch::begin(Duration due) {
  state_ = {.due = due};
}

void ProbeWatch::resume(ProbeVerdict verdict, const std::string& why) {
  state_.verdict = verdict;
  if (verdict == ProbeVerdict::kFailed) state_.failures = {probe_.failures, probe_.failures, why};
}

void ProbeWatch::spread(Duration watched, Prng& prng) {
  if (!state_.due || *state_.due + probe_.period >= watched) return;
  state_.due = watched + Duration(prng.between(0, probe_.period.count() / kJitterShare));
}

bool ProbeWatch::is_due(Duration watched) const {
  return state_.due && !state_.in_flight && *state_.due <= watched;
}

void ProbeWatch::start(std::uint64_t number, const WatchMoment& moment, Prng& prng) {
  HEARTH_CHECK(is_due(moment.watched));
  const Duration::rep tenth = probe_.period.count() / kJitterShare;
  state_.due = moment.watched + probe_.period + Duration(prng.between(-tenth, tenth));
  state_.in_flight =
      InFlight{.number = number, .answer_by = moment.now + probe_.timeout + kAnswerMargin};
}

void ProbeWatch::on_answer(std::uint64_t number, const ProbeResult& result,
                           const WatchMoment& moment) {
  if (!state_.in_flight || state_.in_flight->number != number) return;
  const InFlight check = *state_.in_flight;
  state_.in_flight.reset();
  if (!check.counts) return;
  switch (result.outcome) {
    case ProbeOutcome::kSucceeded: return on_success();
    case ProbeOutcome::kFailed: return on_failure(result.words);
    case ProbeOutcome::kTimedOut:
      if (check.was_late) return on_not_run("the agent itself was late", moment.watched);
      return on_failure(result.words.empty() ? words_of_timeout(probe_.timeout) : result.words);
    case ProbeOutcome::kNotRun: return on_not_run(result.words, moment.watched);
  }
}

void ProbeWatch::tend(const WatchMoment& moment) {
  if (!state_.in_flight || moment.now < state_.in_flight->answer_by) return;
  const InFlight check = *state_.in_flight;
  state_.in_flight.reset();
  if (check.counts) on_failure(words_of_timeout(probe_.timeout));
}

void ProbeWatch::disregard() {
  if (state_.in_flight) state_.in_flight->counts = false;
}

void ProbeWatch::on_stall(Duration lateness, MonoTime now) {
  if (!state_.in_flight) return;
  InFlight& check = *state_.in_flight;
  check.was_late = true;
  check.answer_by = check.margin.put_off(check.answer_by, {.lateness = lateness, .ended_at = now},
                                         kStallMarginMax);
}

void ProbeWatch::on_success() {
  state_.failures = {};
  state_.not_run = 0;
  state_.not_run_because.clear();
  const std::uint32_t needed = kind_ == ProbeKind::kReadiness ? probe_.successes : 1;
  state_.successes = std::min(state_.successes + 1, needed);
  if (state_.successes == needed) state_.verdict = ProbeVerdict::kPassed;
}

void ProbeWatch::on_failure(const std::string& words) {
  state_.successes = 0;
  state_.not_run = 0;
  state_.not_run_because.clear();
  ProbeFailures& failures = state_.failures;
  std::string shorter = shortened(words, kWordsBytesMax);
  failures.alike = failures.count > 0 && failures.words == shorter ? failures.alike + 1 : 1;
  failures.words = std::move(shorter);
  ++failures.count;
  const bool is_starting = kind_ == ProbeKind::kReadiness && state_.verdict == ProbeVerdict::kOpen;
  if (failures.count >= probe_.failures && !is_starting) state_.verdict = ProbeVerdict::kFailed;
}

void ProbeWatch::on_not_run(const std::string& because, Duration watched) {
  ++state_.not_run;
  state_.not_run_because = shortened(because, kWordsBytesMax);
  if (!state_.due) return;
  const Backoff retry(std::min(kRetryMin, probe_.period), probe_.period);
  state_.due = std::min(*state_.due, watched + retry.after(state_.not_run));
}

void ProbeWatch::check_invariants() const {
  HEARTH_CHECK(probe_.failures > 0 && probe_.successes > 0);
  HEARTH_CHECK(probe_.period > Duration::zero() && probe_.timeout > Duration::zero());
  HEARTH_CHECK(state_.successes == 0 || state_.failures.count == 0);
  HEARTH_CHECK(state_.failures.alike <= state_.failures.count);
  HEARTH_CHECK(state_.failures.words.size() <= kWordsBytesMax);
  HEARTH_CHECK(state_.not_run_because.size() <= kWordsBytesMax);
  HEARTH_CHECK(state_.verdict != ProbeVerdict::kFailed || state_.failures.count > 0 ||
               state_.successes > 0);
  HEARTH_CHECK(!state_.in_flight || state_.in_flight->number > 0);
}

}  // namespace hearth::core
