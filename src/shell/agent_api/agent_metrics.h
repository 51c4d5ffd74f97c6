#pragma once

#include <cstdint>
#include <string>

#include "model/heartbeat.h"
#include "ports/http.h"

namespace hearth {

/// What an agent has counted since its start.
struct AgentCounts {
  std::uint64_t statuses_sent = 0;
  std::uint64_t statuses_dropped = 0;
  std::uint64_t payloads_rejected = 0;
  std::uint64_t assignments_refused = 0;
  std::uint64_t runtime_watch_breaks = 0;
};

/// An agent's metrics in Prometheus text format (docs/reference/metrics.md). `status` has a report.
std::string agent_metrics(const Heartbeat& status, const AgentCounts& counts,
                          const HttpServerCounters& http);

}  // namespace hearth
