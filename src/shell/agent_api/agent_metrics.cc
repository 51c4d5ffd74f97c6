#include "shell/agent_api/agent_metrics.h"

#include <map>

#include "shell/metrics/http_metrics.h"

namespace hearth {

std::string agent_metrics(const Heartbeat& status, const AgentCounts& counts,
                          const HttpServerCounters& http) {
  std::map<InstanceState, std::uint64_t> instances;
  if (status.report) {
    for (const auto& [id, instance] : status.report->instances) ++instances[instance.state];
  }
  MetricsText out;
  out.gauge("hearth_agent_start_count", "How often the agent was started on this node.")
      .sample(status.incarnation.start_count);
  out.gauge("hearth_agent_working", "0 while something keeps the node from working.")
      .sample(status.report && status.report->problem.empty() ? 1 : 0);
  out.gauge("hearth_agent_instances", "Instances on this node by state.");
  for (const auto& [state, count] : instances) out.sample("state", name_of(state), count);
  out.counter("hearth_agent_statuses_sent_total", "Heartbeats that the bus accepted.")
      .sample(counts.statuses_sent);
  out.counter("hearth_agent_statuses_dropped_total", "Heartbeats not accepted in time.")
      .sample(counts.statuses_dropped);
  out.counter("hearth_agent_payloads_rejected_total", "Malformed assignments.")
      .sample(counts.payloads_rejected);
  out.counter("hearth_agent_assignments_refused_total", "Assignments that were not newer.")
      .sample(counts.assignments_refused);
  out.counter("hearth_agent_runtime_watch_breaks_total",
              "Breaks of the container runtime's stream of notices.")
      .sample(counts.runtime_watch_breaks);
  write_http_metrics(out, http);
  return std::move(out).text();
}

}  // namespace hearth
