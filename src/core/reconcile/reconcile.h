#pragma once

#include <functional>
#include <optional>
#include <vector>

#include "model/instance.h"
#include "model/move.h"
#include "model/node.h"
#include "model/workload.h"

namespace hearth::core {

/// An instance that should exist but does not.
struct NewInstance {
  std::optional<Move> move;  ///< Which instance it replaces, and why; nullopt: there are too few.

  /// Whether it is worth creating only if there is room right now.
  bool needs_room_now() const {
    return move &&
           (move->style == MoveStyle::kStageFirst || move->reason == MoveReason::kCrashLoop);
  }
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
  std::vector<InstanceId> promote;  ///< Staged instances that must run now.
  std::vector<InstanceId> hold;     ///< Adopted ones whose container is to be stopped and kept.
  std::vector<InstanceId> stop;     ///< Instances whose container must be removed.
  std::vector<InstanceId> forget;   ///< Stopped ones without a node, or whose node is dead.
  bool empty() const {
    return create.empty() && promote.empty() && hold.empty() && stop.empty() && forget.empty();
  }
  bool operator==(const WorkPlan&) const = default;
};

/// What reconcile() must know about others.
struct ReconcileView {
  std::function<NodeState(const NodeName&)> state_of;
  /// Whether its node has failed to start the instance for too long.
  std::function<bool(const InstanceId&)> is_overdue;
  /// Whether the workload's budget allows another replacement of a degraded instance.
  bool may_replace = true;
  /// What the target release starts after is not there.
  bool must_wait = false;
};

/// Compares what a workload should have with its instances. Level-triggered: it depends on the
/// current state, not on what happened, so it can be called at any time and as often as needed.
/// Carrying out its plans leads to a state whose plan is empty.
///
/// An instance on a dead node is replaced, but stays listed until the replacement runs: if it comes
/// back, it serves until then and stops afterwards. An instance on a suspect node gets a staged
/// replacement, which is withdrawn when the node is well again. Instances of another release than
/// the target are replaced one at a time, each once the replacement of the one before is ready. A
/// chain of replacements counts as one instance.
///
/// An instance of an adopted container is held while its workload is stopped: without an instance
/// the container would be let go, and run on.
///
/// `instances`: all instances of this workload, by number.
WorkPlan reconcile(const Workload& workload, const std::vector<const Instance*>& instances,
                   const ReconcileView& view);

}  // namespace hearth::core
