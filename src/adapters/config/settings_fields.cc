#include "adapters/config/settings_fields.h"

#include <fmt/format.h>

#include "base/duration_text.h"

namespace hearth::config {
namespace {

constexpr std::uint32_t kAttemptsMaxMax = 100;

Duration read_positive(const JsonValue& value, Duration fallback) {
  const Duration duration = value.duration().value_or(fallback);
  if (duration > Duration::zero()) return duration;
  value.fault("must be longer than 0");
  return fallback;
}

}  // namespace

LivenessSettings read_liveness(JsonObject in) {
  LivenessSettings settings = settings_of(
      in.optional("profile").parsed(parse_liveness_profile).value_or(LivenessProfile::kDefault));
  bool all_readable = true;
  const auto read = [&](std::string_view key, Duration& duration) {
    const JsonValue value = in.optional(key);
    const std::optional<Duration> given = value.duration();
    if (given) duration = *given;
    if (value.present() && !given) all_readable = false;
    return value;
  };
  const JsonValue interval = read("heartbeat_interval", settings.heartbeat_interval);
  const JsonValue suspect = read("suspect_after", settings.suspect_after);
  const JsonValue dead = read("dead_after", settings.dead_after);
  settings.dead_after_unconfirmed = kUnconfirmedFactor * settings.dead_after;
  const JsonValue unconfirmed = read("dead_after_unconfirmed", settings.dead_after_unconfirmed);
  read("agent_down_grace", settings.agent_down_grace);
  in.refuse_unknown();
  if (!all_readable) return settings;  // Unreadable values cannot be compared.

  if (settings.heartbeat_interval < kHeartbeatIntervalMin ||
      settings.heartbeat_interval > kHeartbeatIntervalMax) {
    interval.fault("must be from 10ms to 1h");
  }
  if (settings.suspect_after <= settings.heartbeat_interval) {
    suspect.fault(fmt::format(
        "is {} but must be longer than heartbeat_interval ({}); "
        "twice the interval tolerates one lost heartbeat",
        show_duration(settings.suspect_after), show_duration(settings.heartbeat_interval)));
  }
  if (settings.dead_after <= settings.suspect_after) {
    dead.fault(fmt::format("is {} but must be longer than suspect_after ({})",
                           show_duration(settings.dead_after),
                           show_duration(settings.suspect_after)));
  }
  if (settings.dead_after_unconfirmed < settings.dead_after) {
    unconfirmed.fault(fmt::format("is {} but must not be shorter than dead_after ({})",
                                  show_duration(settings.dead_after_unconfirmed),
                                  show_duration(settings.dead_after)));
  }
  return settings;
}

RecoverySettings read_recovery(JsonObject in) {
  RecoverySettings settings;
  settings.boot_timeout = read_positive(in.optional("boot_timeout"), settings.boot_timeout);
  settings.switch_timeout = read_positive(in.optional("switch_timeout"), settings.switch_timeout);
  settings.attempts_max = in.optional("attempts_max")
                              .number<std::uint32_t>(1, kAttemptsMaxMax)
                              .value_or(settings.attempts_max);
  settings.backoff_min = read_positive(in.optional("backoff_min"), settings.backoff_min);
  const JsonValue backoff_max = in.optional("backoff_max");
  settings.backoff_max = read_positive(backoff_max, settings.backoff_max);
  in.refuse_unknown();
  if (settings.backoff_max < settings.backoff_min) {
    backoff_max.fault(fmt::format("is {} but must not be shorter than backoff_min ({})",
                                  show_duration(settings.backoff_max),
                                  show_duration(settings.backoff_min)));
  }
  return settings;
}

}  // namespace hearth::config
