#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/assignment.h"
#include "model/event.h"
#include "model/node.h"
#include "model/record.h"

namespace hearth::core {

// What the manager emits.

/// Create the node's topics and follow its status.
struct WatchNode {
  NodeName node;
  bool operator==(const WatchNode&) const = default;
};
struct SendCanary {
  MonoTime sent_at;
  bool operator==(const SendCanary&) const = default;
};
struct PublishAssignment {
  Assignment assignment;
  bool operator==(const PublishAssignment&) const = default;
};
struct PublishEvent {
  ClusterEvent event;
  bool operator==(const PublishEvent&) const = default;
};
struct Dial {
  NodeName node;
  Endpoint agent;
  std::uint64_t dial = 0;
  Duration timeout{};
  bool operator==(const Dial&) const = default;
};
struct FetchStatus {
  NodeName node;
  Endpoint agent;
  bool operator==(const FetchStatus&) const = default;
};
struct SwitchPower {
  NodeName node;
  PowerVerb verb{};
  std::uint32_t attempt = 0;  ///< With the node and the verb: the idempotency key.
  bool operator==(const SwitchPower&) const = default;
};
/// The result of a command.
struct CommandResult {
  std::string message;    ///< One sentence for the operator.
  Generation generation;  ///< Of a deploy.
  bool operator==(const CommandResult&) const = default;
};
struct Reply {
  RequestId request;
  Result<CommandResult> result;
  bool operator==(const Reply&) const = default;
};
using ManagerAction = std::variant<WatchNode, SendCanary, PublishAssignment, PublishEvent, Dial,
                                   FetchStatus, SwitchPower, Reply>;

/// The result of one step. The shell commits all `writes` in one transaction, and only then
/// executes the actions, in order.
struct ManagerBatch {
  std::vector<Write> writes;
  std::vector<ManagerAction> actions;
  bool operator==(const ManagerBatch&) const = default;
};

}  // namespace hearth::core
