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
#include "core/usage_sampling/usage_messages.h"
#include "model/assignment.h"
#include "model/container.h"
#include "model/heartbeat.h"
#include "model/instance.h"
#include "model/pressure.h"
#include "model/watch_memory.h"

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
/// A notice of the runtime was missed.
struct NoticeMissed {};
struct InventoryTaken {
  std::uint64_t number = 0;  ///< Of the TakeInventory that this answers.
  Result<Inventory> inventory;
};
struct LoadSampled {
  Load load;
  Pressure pressure;
};
struct WatchMemorySaved {
  std::uint64_t number = 0;
  Result<void> outcome;
};
struct StatusDropped {};  ///< The bus did not accept the last status.
using AgentEvent =
    std::variant<AgentTicked, AssignmentReceived, AssignmentsCaughtUp, AssignmentSaved, RuntimeUp,
                 RuntimeDown, NoticeMissed, InventoryTaken, ContainerStarted, ContainerExited,
                 ContainerRemoved, ContainerPaused, ContainerNoted, LogRead, LogSkipped,
                 LogReaderChanged, HealthcheckReported, CheckDone, UsageSampled, OperationDone,
                 LoadSampled, StatusDropped, WatchMemorySaved>;

// What the agent emits. ---------------------------------------------------------------------------

struct SaveAssignment {
  Assignment assignment;
};
/// Answered by one WatchMemorySaved; one at a time.
struct SaveWatchMemory {
  std::uint64_t number = 0;
  WatchMemory memory;
};
struct TakeInventory {
  std::uint64_t number = 0;
};
struct SendStatus {
  Heartbeat heartbeat;
};
using AgentAction = std::variant<SaveAssignment, SaveWatchMemory, TakeInventory, CreateContainer,
                                 StartContainer, StopContainer, RemoveContainer, AdoptContainer,
                                 RecreateContainer, LetGo, FollowLog, InspectContainer, RunCheck,
                                 SampleUsage, FetchImage, BuildImage, CancelBuild, SendStatus>;

}  // namespace hearth::core
