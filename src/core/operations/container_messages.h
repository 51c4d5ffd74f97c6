#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "base/time.h"
#include "model/assignment.h"
#include "model/container.h"
#include "model/ids.h"

namespace hearth::core {

// The runtime's notices. --------------------------------------------------------------------------

struct ContainerStarted {
  ContainerId container;
  InstanceId instance;
};
struct ContainerExited {
  ContainerId container;
  InstanceId instance;
  ContainerExit exit;
};
struct ContainerPaused {
  ContainerId container;
  InstanceId instance;
  bool is_paused = false;
};
/// Something that only operators should know.
struct ContainerNoted {
  ContainerId container;
  InstanceId instance;
  std::string what;  ///< One sentence.
};
struct ContainerRemoved {
  ContainerId container;
  InstanceId instance;
};

// Requests to the runtime; each is answered by one OperationDone. ---------------------------------

struct CreateContainer {
  OperationId operation;
  AssignedInstance instance;
  std::uint32_t restarts = 0;
  bool operator==(const CreateContainer&) const = default;
};
struct StartContainer {
  OperationId operation;
  ContainerId container;
  bool operator==(const StartContainer&) const = default;
};
struct StopContainer {
  OperationId operation;
  ContainerId container;
  Duration grace{};
  std::vector<std::string> pre_stop;  ///< Run in it before; empty: nothing is.
  bool operator==(const StopContainer&) const = default;
};
struct RemoveContainer {
  OperationId operation;
  ContainerId container;
  bool operator==(const RemoveContainer&) const = default;
};
/// A container that somebody else created is to serve the instance.
struct AdoptContainer {
  OperationId operation;
  InstanceId instance;
  WorkloadName workload;
  Generation generation;
  std::string name;  ///< As in AdoptedContainer.
  bool operator==(const AdoptContainer&) const = default;
};
/// A fresh container takes the place of the adopted one, which does not run.
struct RecreateContainer {
  OperationId operation;
  InstanceId instance;
  ContainerId container;
  std::uint32_t restarts = 0;
  bool operator==(const RecreateContainer&) const = default;
};
/// The adopted container of the instance is left to itself, as it was before.
struct LetGo {
  OperationId operation;
  InstanceId instance;
  bool operator==(const LetGo&) const = default;
};
using ContainerAction = std::variant<CreateContainer, StartContainer, StopContainer,
                                     RemoveContainer, AdoptContainer, RecreateContainer, LetGo>;

}  // namespace hearth::core
