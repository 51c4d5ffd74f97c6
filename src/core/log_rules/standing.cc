#include "core/log_rules/standing.h"

namespace hearth::core {

std::string_view name_of(RuleStanding standing) {
  switch (standing) {
    case RuleStanding::kMet: return "met";
    case RuleStanding::kWaiting: return "waiting";
    case RuleStanding::kFaulty: return "faulty";
    case RuleStanding::kStandingStill: return "standing_still";
    case RuleStanding::kNoData: return "no_data";
  }
  return "";
}

std::string_view name_of(LogReadiness readiness) {
  switch (readiness) {
    case LogReadiness::kReady: return "ready";
    case LogReadiness::kWaiting: return "waiting";
    case LogReadiness::kUnknown: return "unknown";
  }
  return "";
}

std::string_view words_of(WatchObstacle obstacle) {
  switch (obstacle) {
    case WatchObstacle::kContainerStopped: return "its container is stopped";
    case WatchObstacle::kContainerPaused: return "its container is paused";
    case WatchObstacle::kRuntimeHangs: return "the container runtime does not answer";
    case WatchObstacle::kRuntimeInDoubt: return "the container runtime has not answered since";
    case WatchObstacle::kNodeStarved: return "its node is short of a resource";
  }
  return "";
}

std::string_view words_of(LogReading reading) {
  switch (reading) {
    case LogReading::kBehind: return "its log is not read to the end yet";
    case LogReading::kCaughtUp: return "";
    case LogReading::kReconnecting: return "the connection to its log is interrupted";
    case LogReading::kUnreadable: return "its log cannot be read";
  }
  return "";
}

}  // namespace hearth::core
