#pragma once

#include <cstdint>

#include "core/batch/changes.h"

namespace hearth::core {

/// For tests: the tables that changes concern, as a manager has them.
struct TablesScene {
  explicit TablesScene(std::uint64_t last_event_seq = 0)
      : changes({.instances = instances,
                 .workloads = workloads,
                 .capacity = capacity,
                 .starts = starts,
                 .builds = builds,
                 .build_watch = build_watch,
                 .dependents = dependents,
                 .waits = waits},
                last_event_seq) {}

  void check_invariants() const {
    workloads.check_invariants();
    instances.check_invariants();
    capacity.check_invariants();
    starts.check_invariants();
    build_watch.check_invariants();
  }

  WorkloadCatalog workloads;
  InstanceTable instances;
  CapacityTable capacity;
  StartWatch starts;
  BuildBoard builds;
  BuildWatch build_watch;
  Dependents dependents;
  DependencyWatch waits;
  Changes changes;
};

}  // namespace hearth::core
