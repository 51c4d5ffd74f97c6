#include "core/probe_watch/healthcheck_watch.h"

#include "base/shortened.h"

namespace hearth::core {

void HealthcheckWatch::on_health(ImageHealth health, const std::string& output,
                                 bool has_startup_passed) {
  if (health == ImageHealth::kHealthy) state_.was_healthy = true;
  state_.is_excused =
      health == ImageHealth::kUnhealthy && (state_.is_excused || !has_startup_passed);
  state_.health = health;
  state_.output = shortened(output, kOutputBytesMax);
}

ProbeVerdict HealthcheckWatch::readiness() const {
  if (!state_.was_healthy || !exists()) return ProbeVerdict::kOpen;
  return state_.health == ImageHealth::kUnhealthy ? ProbeVerdict::kFailed : ProbeVerdict::kPassed;
}

ProbeVerdict HealthcheckWatch::liveness() const {
  if (state_.health == ImageHealth::kUnhealthy && !state_.is_excused) return ProbeVerdict::kFailed;
  return state_.health == ImageHealth::kHealthy ? ProbeVerdict::kPassed : ProbeVerdict::kOpen;
}

std::string HealthcheckWatch::words() const {
  if (!state_.health) return "whether its image has a HEALTHCHECK is not known yet";
  switch (*state_.health) {
    case ImageHealth::kNone:
    case ImageHealth::kHealthy: return "";
    case ImageHealth::kStarting: return "the HEALTHCHECK of its image has not succeeded yet";
    case ImageHealth::kUnhealthy: break;
  }
  const std::string words = "the HEALTHCHECK of its image says that it is unhealthy";
  return state_.output.empty() ? words : words + ": " + state_.output;
}

}  // namespace hearth::core
