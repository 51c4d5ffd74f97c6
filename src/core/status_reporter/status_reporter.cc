#include "core/status_reporter/status_reporter.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

static_assert(TimedPart<StatusReporter>);

StatusReporter::StatusReporter(ReporterSettings settings, MonoTime now)
    : settings_(std::move(settings)) {
  state_.heartbeat_interval = settings_.heartbeat_interval;
  state_.next_heartbeat = now;
  state_.next_report = now;
}

StatusReporter::StatusReporter(ReporterSettings settings, State state)
    : settings_(std::move(settings)), state_(std::move(state)) {}

void StatusReporter::on_dropped() {
  state_.next_report = std::min(state_.next_report, state_.next_heartbeat);
}

void StatusReporter::on_interval(Duration heartbeat_interval, MonoTime now) {
  if (heartbeat_interval <= Duration::zero()) return;
  state_.heartbeat_interval = heartbeat_interval;
  state_.next_heartbeat = std::min(state_.next_heartbeat, now + heartbeat_interval);
}

std::optional<Heartbeat> StatusReporter::tend(const NodeStatus& status, MonoTime now) {
  note_change(status, now);
  const bool with_report = is_report_due(now);
  if (!with_report && now < state_.next_heartbeat) return std::nullopt;

  Heartbeat heartbeat = sign_of_life(status.applied, now);
  heartbeat.seq = ++state_.seq;
  if (with_report) {
    heartbeat.report = status.report;
    state_.reported = status;
    state_.report_at.reset();
    state_.next_report = now + kReportPeriod;
  }
  state_.last_sent = now;
  state_.next_heartbeat = now + state_.heartbeat_interval;
  return heartbeat;
}

void StatusReporter::note_change(const NodeStatus& status, MonoTime now) {
  if (state_.report_at || state_.reported == status) return;
  state_.report_at = state_.last_sent ? std::max(now, *state_.last_sent + kReportGap) : now;
}

bool StatusReporter::is_report_due(MonoTime now) const {
  const bool stood_still =
      state_.last_sent && now - *state_.last_sent > 2 * state_.heartbeat_interval;
  const bool change_is_due = state_.report_at && now >= *state_.report_at;
  return change_is_due || now >= state_.next_report || stood_still;
}

Heartbeat StatusReporter::sign_of_life(const AssignmentNumber& applied, MonoTime now) const {
  return {.incarnation = settings_.incarnation,
          .seq = std::nullopt,
          .sent_at = now,
          .applied = applied,
          .load = state_.load,
          .agent_port = settings_.agent_port,
          .report = std::nullopt};
}

Heartbeat StatusReporter::answer(const NodeStatus& status, MonoTime now) const {
  Heartbeat heartbeat = sign_of_life(status.applied, now);
  heartbeat.report = status.report;
  return heartbeat;
}

std::optional<MonoTime> StatusReporter::next_deadline() const {
  const MonoTime next = std::min(state_.next_heartbeat, state_.next_report);
  return earlier(next, state_.report_at);
}

void StatusReporter::check_invariants() const {
  HEARTH_CHECK(state_.heartbeat_interval > Duration::zero());
  HEARTH_CHECK(state_.last_sent.has_value() == (state_.seq > 0));
  HEARTH_CHECK(!state_.reported || state_.last_sent);
  HEARTH_CHECK(!state_.last_sent || state_.next_heartbeat > *state_.last_sent);
}

}  // namespace hearth::core
