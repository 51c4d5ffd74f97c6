#include "core/incidents/incident_log.h"

#include <algorithm>

#include "base/check.h"
#include "core/memory_keeper/memory_keeper.h"

namespace hearth::core {

void IncidentLog::add(const InstanceId& instance, std::string message, MonoTime now) {
  state_.latest.push_back(
      {.incident = {.number = ++state_.made, .instance = instance, .message = std::move(message)},
       .due = now + kDecisionWait});
  if (state_.latest.size() > kIncidentsKept) state_.latest.pop_front();
}

void IncidentLog::on_stored() {
  state_.stored = state_.taken;
  state_.reported = std::max(state_.reported, state_.stored);
}

void IncidentLog::tend(MonoTime now) {
  for (const Entry& entry : state_.latest) {
    if (entry.incident.number <= state_.reported) continue;
    if (now < entry.due) return;
    state_.reported = entry.incident.number;
  }
}

std::vector<Incident> IncidentLog::reported() const {
  std::vector<Incident> incidents;
  for (const Entry& entry : state_.latest) {
    if (entry.incident.number <= state_.reported) incidents.push_back(entry.incident);
  }
  return incidents;
}

std::optional<MonoTime> IncidentLog::next_deadline() const {
  for (const Entry& entry : state_.latest) {
    if (entry.incident.number > state_.reported) return entry.due;
  }
  return std::nullopt;
}

void IncidentLog::check_invariants() const {
  HEARTH_CHECK(state_.latest.size() <= kIncidentsKept);
  HEARTH_CHECK(state_.stored <= state_.taken && state_.taken <= state_.made);
  HEARTH_CHECK(state_.stored <= state_.reported && state_.reported <= state_.made);
  HEARTH_CHECK(state_.latest.empty() || state_.latest.back().incident.number == state_.made);
}

}  // namespace hearth::core
