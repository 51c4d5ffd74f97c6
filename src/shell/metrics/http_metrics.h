#pragma once

#include "ports/http.h"
#include "shell/metrics/metrics_text.h"

namespace hearth {

/// The metrics of an HTTP server, the same for manager and agent.
void write_http_metrics(MetricsText& out, const HttpServerCounters& http);

}  // namespace hearth
