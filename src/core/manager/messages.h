#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/batch/batch.h"
#include "model/command.h"
#include "model/heartbeat.h"
#include "model/node.h"

namespace hearth::core {

// The events that the manager receives. What it emits in return is in core/batch/batch.h.

/// The first event after every start of a manager.
struct Started {
  std::optional<WallTime> alive_at = {};  ///< When the manager before it is known to have run.
};
/// Time has passed.
struct Ticked {};
struct HeartbeatReceived {
  NodeName node;
  Heartbeat heartbeat;
  MonoTime received_at;  ///< <= now.
};
/// A heartbeat fetched over HTTP because the bus does not deliver it.
struct StatusFetched {
  NodeName node;
  Result<Heartbeat> status;
};
struct CanaryReturned {
  MonoTime sent_at;
};
struct Dialled {
  NodeName node;
  std::uint64_t dial = 0;
  DialOutcome outcome{};
};
struct PowerSwitched {
  NodeName node;
  PowerVerb verb{};
  Result<void> outcome;
};
struct CommandReceived {
  RequestId request;
  Command command;
};
using ManagerEvent = std::variant<Started, Ticked, HeartbeatReceived, StatusFetched, CanaryReturned,
                                  Dialled, PowerSwitched, CommandReceived>;

}  // namespace hearth::core
