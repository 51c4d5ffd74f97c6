#pragma once

#include <set>
#include <utility>

#include "model/ids.h"

namespace hearth::core {

/// Workloads of which an instance was to be replaced, but only if a node had room for the
/// replacement, and none had: they are examined again when a node has.
///
/// What it knows is lost with the manager's process, which examines all work when it starts.
/// Sans-io, not thread-safe.
class MoveBacklog {
 public:
  struct State {
    std::set<WorkloadName> workloads;
    bool operator==(const State&) const = default;
  };

  MoveBacklog() = default;
  explicit MoveBacklog(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  void note(const WorkloadName& workload) { state_.workloads.insert(workload); }
  /// It is being examined.
  void clear(const WorkloadName& workload) { state_.workloads.erase(workload); }
  const std::set<WorkloadName>& workloads() const { return state_.workloads; }

 private:
  State state_;
};

}  // namespace hearth::core
