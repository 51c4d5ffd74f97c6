#pragma once

#include "model/instance_spec.h"
#include "wire/json_writer.h"
#include "wire/spec_reading.h"

namespace hearth {

/// Bounds of an HTTP probe.
inline constexpr std::size_t kProbePathBytesMax = 1024;
inline constexpr std::size_t kProbeHeadersMax = 32;
inline constexpr std::size_t kProbeHeaderBytesMax = 4096;  ///< Names and values together.

}  // namespace hearth

namespace hearth::wire {

/// The value of `probes`.
Probes read_probes(JsonObject in, const SpecReading& reading);
void write_probes(JsonWriter& out, const Probes& probes);

/// The value of `log_rules`.
std::vector<LogRule> read_log_rules(const JsonValue& value, const SpecReading& reading);
void write_log_rules(JsonWriter& out, const std::vector<LogRule>& rules);

/// The value of `trends`. At most one of a kind, in the order of TrendOf.
std::vector<TrendRule> read_trends(JsonObject in, const SpecReading& reading);
void write_trends(JsonWriter& out, const std::vector<TrendRule>& trends);

}  // namespace hearth::wire
