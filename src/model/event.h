#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace hearth {

/// What happened in the cluster, for people and programs. The names (`name_of`) are stable.
enum class EventType : std::uint8_t {
  kManagerStarted,
  kBusBlind,
  kBusSeeing,
  kNodeImported,
  kNodeLive,
  kNodeSuspect,
  kNodeUnreachable,
  kNodeAgentDown,
  kNodeDead,
  kNodePowerOff,
  kNodePowerOn,
  kNodeRecovered,
  kNodeRecoveryFailed,
  kNodeQuarantined,
  kNodeNoticed,
  kWorkloadDeploying,
  kWorkloadBuilt,
  kWorkloadDeployed,
  kWorkloadDegraded,
  kWorkloadFailed,
  kWorkloadStopped,
  kWorkloadRemoved,
  kInstancePlaced,
  kInstancePending,
  kInstanceStarted,
  kInstanceExited,
  kInstanceCrashLoop,
  kInstanceNoticed,
  kInstanceLost,
  kInstanceStopped,
};

struct ClusterEvent {
  std::uint64_t seq = 0;  ///< Counts up and never restarts; the id of the CloudEvent.
  WallTime at;
  EventType type{};
  std::string subject;  ///< "node/<name>", "workload/<name>", "instance/<id>", or "manager".
  std::string message;  ///< One sentence for the operator.
  bool operator==(const ClusterEvent&) const = default;
};

/// For example "node.dead".
std::string_view name_of(EventType type);
Result<EventType> parse_event_type(std::string_view text);

}  // namespace hearth
