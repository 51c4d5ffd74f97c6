#include "model/log_rule.h"

#include "model/enum_names.h"

namespace hearth {
namespace {

constexpr std::array<EnumName<LogStream>, 3> kStreams{{
    {LogStream::kAny, "any"},
    {LogStream::kStdout, "stdout"},
    {LogStream::kStderr, "stderr"},
}};
constexpr std::array<EnumName<HealthAction>, 4> kActions{{
    {HealthAction::kEvent, "event"},
    {HealthAction::kMark, "mark"},
    {HealthAction::kRestart, "restart"},
    {HealthAction::kReplace, "replace"},
}};

}  // namespace

std::string_view name_of(LogStream stream) {
  return word_of(kStreams, stream);
}
std::string_view name_of(HealthAction action) {
  return word_of(kActions, action);
}
Result<LogStream> parse_log_stream(std::string_view text) {
  return value_of(kStreams, text);
}
Result<HealthAction> parse_health_action(std::string_view text) {
  return value_of(kActions, text);
}

}  // namespace hearth
