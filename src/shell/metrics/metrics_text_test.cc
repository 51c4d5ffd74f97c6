#include "shell/metrics/metrics_text.h"

#include <gtest/gtest.h>

#include "shell/metrics/http_metrics.h"

namespace hearth {
namespace {

TEST(MetricsText, IsInPrometheusFormat) {
  MetricsText out;
  out.gauge("hearth_nodes", "Nodes by state.").sample("state", "live", 3).sample("state", "d", 0);
  out.counter("hearth_heartbeats_total", "Heartbeats.").sample(17);
  EXPECT_EQ(std::move(out).text(),
            "# HELP hearth_nodes Nodes by state.\n"
            "# TYPE hearth_nodes gauge\n"
            "hearth_nodes{state=\"live\"} 3\n"
            "hearth_nodes{state=\"d\"} 0\n"
            "# HELP hearth_heartbeats_total Heartbeats.\n"
            "# TYPE hearth_heartbeats_total counter\n"
            "hearth_heartbeats_total 17\n");
}

TEST(MetricsText, EscapesLabels) {
  MetricsText out;
  out.gauge("m", "h").sample("l", "a\"b\\c\nd", 1);
  EXPECT_TRUE(std::move(out).text().ends_with("m{l=\"a\\\"b\\\\c\\nd\"} 1\n"));
}

TEST(MetricsText, ShowsAnHttpServer) {
  MetricsText out;
  write_http_metrics(out, {.connections_accepted = 5, .requests_denied = 2});
  const std::string text = std::move(out).text();
  EXPECT_NE(text.find("\nhearth_http_connections_total 5\n"), std::string::npos);
  EXPECT_NE(text.find("\nhearth_http_requests_denied_total 2\n"), std::string::npos);
}

}  // namespace
}  // namespace hearth
