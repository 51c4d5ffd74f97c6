#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace hearth {

/// Writes metrics in the text format of Prometheus (version 0.0.4).
///
///     MetricsText out;
///     out.gauge("hearth_nodes", "Nodes by state.").sample("state", "live", 3);
///     out.counter("hearth_heartbeats_total", "Heartbeats accepted.").sample(17);
class MetricsText {
 public:
  static constexpr std::string_view kContentType = "text/plain; version=0.0.4; charset=utf-8";

  MetricsText& gauge(std::string_view name, std::string_view help);
  /// The name ends in "_total".
  MetricsText& counter(std::string_view name, std::string_view help);
  /// A value of the metric that was started last.
  MetricsText& sample(std::uint64_t value);
  MetricsText& sample(std::string_view label, std::string_view label_value, std::uint64_t value);

  std::string text() && { return std::move(text_); }

 private:
  void begin(std::string_view name, std::string_view help, std::string_view kind);

  std::string text_;
  std::string name_;
};

}  // namespace hearth
