#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/health/watch_messages.h"
#include "core/image_supply/image_actions.h"
#include "core/operations/container_messages.h"
#include "core/operations/operation.h"
#include "model/assignment.h"
#include "model/container.h"
#include "model/heartbeat.h"
#include "model/instance.h"

namespace hearth::core {

// The events that the agent receives. -------------------------------------------------------------

struct AgentTicked {};
struct AssignmentReceived {
  Assignment assignment;
};
/// The assignment topic was read to its end: nothing is newer than what was received.
struct AssignmentsCaughtUp {};
struct AssignmentSaved {
  AssignmentNumber number;
  Result<void> outcome;
};
/// The runtime's notices arrive (again).
struct RuntimeUp {};
struct RuntimeDown {
  std::string reason;
};
struct InventoryTaken {
  std::uint64_t number = 0;  ///< Of the TakeInventory that this answers.
  Result<Inventory> inventory;
};
struct LoadSampled {
  Load load;
};
struct StatusDropped {};  ///< The bus did not accept the last status.
using AgentEvent =
    std::variant<AgentTicked, AssignmentReceived, AssignmentsCaughtUp, AssignmentSaved, RuntimeUp,
                 RuntimeDown, InventoryTaken, ContainerStarted, ContainerExited, ContainerRemoved,
                 ContainerPaused, ContainerNoted, LogRead, LogSkipped, LogReaderChanged,
                 HealthcheckReported, CheckDone, OperationDone, LoadSampled, StatusDropped>;

// What the agent emits. ---------------------------------------------------------------------------

struct SaveAssignment {
  Assignment assignment;
};
struct TakeInventory {
  std::uint64_t number = 0;
};
struct SendStatus {
  Heartbeat heartbeat;
};
using AgentAction =
    std::variant<SaveAssignment, TakeInventory, CreateContainer, StartContainer, StopContainer,
                 RemoveContainer, AdoptContainer, RecreateContainer, LetGo, FollowLog,
                 InspectContainer, RunCheck, FetchImage, BuildImage, CancelBuild, SendStatus>;

}  // namespace hearth::core
