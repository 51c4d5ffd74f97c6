#include "shell/metrics/http_metrics.h"

namespace hearth {

void write_http_metrics(MetricsText& out, const HttpServerCounters& http) {
  out.gauge("hearth_http_connections", "HTTP connections open.").sample(http.connections_open);
  out.counter("hearth_http_connections_total", "HTTP connections accepted.")
      .sample(http.connections_accepted);
  out.counter("hearth_http_connections_refused_total", "HTTP connections over the bound.")
      .sample(http.connections_refused);
  out.counter("hearth_http_connections_starved_total",
              "Times that no HTTP connection could be accepted for lack of descriptors.")
      .sample(http.connections_starved);
  out.counter("hearth_http_requests_total", "HTTP requests answered.")
      .sample(http.requests_answered);
  out.counter("hearth_http_requests_denied_total", "HTTP requests without the token.")
      .sample(http.requests_denied);
  out.counter("hearth_http_requests_malformed_total", "Requests that were not valid HTTP.")
      .sample(http.requests_malformed);
  out.counter("hearth_http_requests_timed_out_total", "HTTP clients that were too slow.")
      .sample(http.requests_timed_out);
}

}  // namespace hearth
