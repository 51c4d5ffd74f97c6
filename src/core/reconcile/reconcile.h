#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "model/instance.h"
#include "model/move.h"
#include "model/node.h"
#include "model/workload.h"

namespace hearth::core {

/// An instance that should exist and does not.
struct NewInstance {
  std::optional<Move> move;  ///< That it is the replacement of; nullopt: there are too few.

  /// kStage: only worth having if there is room now.
  DesiredState desired_state() const {
    return move && move->style == MoveStyle::kStageFirst ? DesiredState::kStage
                                                         : DesiredState::kRun;
  }
  std::optional<InstanceId> replaces() const {
    return move ? std::optional(move->instance) : std::nullopt;
  }
  bool operator==(const NewInstance&) const = default;
};

/// The difference between what a workload should have and what it has.
struct WorkPlan {
  std::vector<NewInstance> create;  ///< Of the current release.
  std::vector<InstanceId> promote;  ///< Staged ones that must run now.
  std::vector<InstanceId> stop;     ///< Whose container must go.
  std::vector<InstanceId> forget;   ///< Of which nothing is left that anybody could know of.
  bool empty() const { return create.empty() && promote.empty() && stop.empty() && forget.empty(); }
  bool operator==(const WorkPlan&) const = default;
};

using StateOfNode = std::function<NodeState(const NodeName&)>;

/// Compares what a workload should have with its instances. Level-triggered: it looks at what is,
/// not at what happened, so it may be called at any time and as often as one likes; carried out,
/// its plan leads to a state whose plan is empty.
///
/// An instance on a dead node is replaced and stays listed until the replacement runs: an instance
/// that comes back serves on until then, and stops after. One on a suspect node gets a staged
/// replacement, which is withdrawn when the node is well again. An older generation is replaced one
/// instance at a time, the new before the old. A chain of replacements counts as one instance.
///
/// `instances`: all of this workload, in the order of their numbers.
WorkPlan reconcile(const Workload& workload, const std::vector<const Instance*>& instances,
                   const StateOfNode& state_of);

}  // namespace hearth::core
