#include "shell/metrics/metrics_text.h"

#include <fmt/format.h>

namespace hearth {
namespace {

std::string escape(std::string_view label_value) {
  std::string escaped;
  for (const char c : label_value) {
    if (c == '\n') {
      escaped += "\\n";
      continue;
    }
    if (c == '\\' || c == '"') escaped += '\\';
    escaped += c;
  }
  return escaped;
}

}  // namespace

MetricsText& MetricsText::gauge(std::string_view name, std::string_view help) {
  begin(name, help, "gauge");
  return *this;
}

MetricsText& MetricsText::counter(std::string_view name, std::string_view help) {
  begin(name, help, "counter");
  return *this;
}

void MetricsText::begin(std::string_view name, std::string_view help, std::string_view kind) {
  name_ = name;
  text_ += fmt::format("# HELP {0} {1}\n# TYPE {0} {2}\n", name, help, kind);
}

MetricsText& MetricsText::sample(std::uint64_t value) {
  text_ += fmt::format("{} {}\n", name_, value);
  return *this;
}

MetricsText& MetricsText::sample(std::string_view label, std::string_view label_value,
                                 std::uint64_t value) {
  text_ += fmt::format("{}{{{}=\"{}\"}} {}\n", name_, label, escape(label_value), value);
  return *this;
}

}  // namespace hearth
