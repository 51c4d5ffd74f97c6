#include "shell/agent_api/watch_view.h"

#include <algorithm>
#include <cstdint>
#include <utility>

#include "core/log_rules/log_rules.h"
#include "core/probes/probe_set.h"
#include "wire/json_writer.h"

namespace hearth {
namespace {

std::uint64_t ms_of(Duration span) {
  using std::chrono::milliseconds;
  const auto whole = std::chrono::duration_cast<milliseconds>(std::max(span, Duration::zero()));
  return static_cast<std::uint64_t>(whole.count());
}

void write_rule(JsonWriter& out, const LogRule& rule, const core::RuleStatus& status,
                MonoTime now) {
  out.begin_object()
      .field("rule", status.rule)
      .field("standing", core::name_of(status.standing))
      .field("words", status.words)
      .field("action", name_of(rule.action));
  if (const std::optional<LogFiring>& last = status.last) {
    out.field("fired_ms_ago", ms_of(now - last->at))
        .field("why", last->why)
        .field("line", last->line)
        .field("held_off", status.held_off)
        .field("hold_off_ms", ms_of(last->at + rule.hold_off - now));
  }
  out.end_object();
}

void write_checks(JsonWriter& out, const InstanceSpec& spec,
                  const core::InstanceHealth::State& health, MonoTime now) {
  const core::LogRules rules(spec.log_rules, health.rules);
  const core::ProbeSet probes(spec.probes, health.probes);
  const std::vector<core::RuleStatus> statuses = rules.statuses();
  out.key("rules").begin_list();
  for (std::size_t i = 0; i < statuses.size(); ++i)
    write_rule(out, spec.log_rules.at(i), statuses[i], now);
  out.end_list().key("probes").begin_list();
  for (const core::ProbeStatus& probe : probes.statuses()) {
    out.begin_object()
        .field("probe", probe.probe)
        .field("standing", core::name_of(probe.standing))
        .field("words", probe.words)
        .end_object();
  }
  out.end_list();
}

}  // namespace

std::string watch_view(const core::InstanceSlot::State& slot, MonoTime now) {
  const InstanceStatus& status = slot.record.status;
  JsonWriter out;
  out.begin_object()
      .field("state", name_of(status.state))
      .field("container", status.container.str())
      .field("reason", status.reason)
      .field("health", name_of(status.health))
      .field("health_reason", status.health_reason)
      .field("crash_loop", slot.record.restart.in_crash_loop);
  const bool waits =
      status.state == InstanceState::kBackoff || status.state == InstanceState::kCrashLoop;
  if (waits) out.field("next_start_ms", ms_of(slot.record.restart.next_start - now));
  if (slot.assigned && slot.health) write_checks(out, slot.assigned->spec, *slot.health, now);
  out.end_object();
  return std::move(out).text();
}

}  // namespace hearth
