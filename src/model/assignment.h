#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/workload.h"

namespace hearth {

/// One instance that a node must have, with all it needs to know.
struct AssignedInstance {
  InstanceId id;
  WorkloadName workload;
  Generation generation;
  DesiredState desired_state =
      DesiredState::kRun;  ///< kStage or kRun; what must stop is simply not listed.
  Image image;
  ContainerSpec container;
  bool operator==(const AssignedInstance&) const = default;
};

/// An image that the node must build from its bundle, save, and hand to the content store.
struct BuildOrder {
  WorkloadName workload;
  Generation generation;
  Digest bundle;
  std::string reference;  ///< The name and tag to give it.
  bool operator==(const BuildOrder&) const = default;
};

/// What one node may be given, so that an assignment always fits a record of the bus: instances (a
/// container each; Kubernetes' default is 110 pods), and the bytes of their environments together.
inline constexpr std::uint32_t kInstancesPerNodeMax = 200;
inline constexpr std::size_t kEnvironmentBytesPerNodeMax = 96 * 1024;

/// Everything one node must run, build and hold. Level-triggered and complete: the latest is
/// enough.
struct Assignment {
  NodeName node;
  AssignmentNumber number;
  Duration heartbeat_interval;
  std::vector<AssignedInstance> instances;  ///< Ordered by id.
  std::vector<Image> images;                ///< To hold ready beyond those of `instances`.
  std::vector<BuildOrder> builds;

  bool operator==(const Assignment&) const = default;
};

}  // namespace hearth
