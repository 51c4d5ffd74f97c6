#pragma once

#include "core/builds/build_board.h"
#include "core/instances/instance_table.h"
#include "core/warm_images/warm_images.h"
#include "core/workloads/workload_catalog.h"
#include "model/assignment.h"

namespace hearth::core {

/// What an assignment is composed from.
struct AssignmentSources {
  const InstanceTable& instances;
  const WorkloadCatalog& workloads;
  const BuildBoard& builds;
  const WarmImages& warm_images;
};

/// Everything that `node` must run, hold and build, without a number.
Assignment compose_assignment(const NodeName& node, Duration heartbeat_interval,
                              const AssignmentSources& sources);

}  // namespace hearth::core
