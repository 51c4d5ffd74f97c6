#pragma once

#include <cstdint>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/workload.h"

namespace hearth {

/// One instance that a node must have, complete in itself.
struct AssignedInstance {
  InstanceId id;
  WorkloadName workload;
  Generation generation;
  DesiredState desired_state =
      DesiredState::kRun;  ///< kStage or kRun; an instance to be stopped is simply not listed.
  Image image;
  InstanceSpec spec;
  /// What must be there before it starts, as far as this node has it.
  std::vector<Dependency> after = {};
  bool operator==(const AssignedInstance&) const = default;
};

/// An image that the node must build from its bundle, save, and upload to the content store.
struct BuildOrder {
  WorkloadName workload;
  Generation generation;
  Digest bundle;
  std::string reference;  ///< The name and tag to give the image.
  bool operator==(const BuildOrder&) const = default;
};

/// Bounds of one node's assignment, so that it always fits into one record of the bus: the
/// instances (one container each; Kubernetes' default is 110 pods), and the total of their
/// InstanceSpec::assignment_bytes().
inline constexpr std::uint32_t kInstancesPerNodeMax = 200;
inline constexpr std::size_t kAssignmentBytesPerNodeMax = 720 * 1024;

/// Everything that one node must run, build and keep. Level-triggered and complete: only the latest
/// matters.
struct Assignment {
  NodeName node;
  AssignmentNumber number;
  Duration heartbeat_interval;
  std::vector<AssignedInstance> instances;  ///< Ordered by id.
  std::vector<Image> images;                ///< To keep ready besides those of `instances`.
  std::vector<BuildOrder> builds;

  bool operator==(const Assignment&) const = default;
};

}  // namespace hearth
