#include "core/probes/probe_standing.h"

namespace hearth::core {

std::string_view name_of(ProbeStanding standing) {
  switch (standing) {
    case ProbeStanding::kWaiting: return "waiting";
    case ProbeStanding::kSucceeding: return "succeeding";
    case ProbeStanding::kFailing: return "failing";
    case ProbeStanding::kFailed: return "failed";
    case ProbeStanding::kStandingStill: return "standing_still";
  }
  return "";
}

std::string_view name_of(Readiness readiness) {
  switch (readiness) {
    case Readiness::kNotJudged: return "not_judged";
    case Readiness::kWaiting: return "waiting";
    case Readiness::kReady: return "ready";
    case Readiness::kNotReady: return "not_ready";
  }
  return "";
}

}  // namespace hearth::core
