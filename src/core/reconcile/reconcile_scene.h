#pragma once

#include <list>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/reconcile/reconcile.h"

namespace hearth::core {

inline const WorkloadName kName = *WorkloadName::parse("heater");
inline const NodeName kA = *NodeName::parse("a");
inline const NodeName kB = *NodeName::parse("b");
inline const NodeName kC = *NodeName::parse("c");

/// For tests: one workload on three nodes, as the reconciler sees it.
class ReconcileScene {
 public:
  explicit ReconcileScene(std::uint32_t wanted) {
    const Digest bundle = *Digest::parse("sha256:" + std::string(64, 'a'));
    workload.phase = WorkloadPhase::kDeployed;
    workload.current = Release{.generation = {1},
                               .spec = {.instances = wanted, .bundle = bundle},
                               .image = Image{"hearth/heater:1", {}}};
  }

  Instance& add(std::uint64_t number, std::optional<NodeName> node,
                InstanceState state = InstanceState::kRunning) {
    Instance instance{.id = make_instance_id(kName, number), .workload = kName, .generation = {1}};
    instance.node = std::move(node);
    instance.status.state = state;
    return instances.emplace_back(std::move(instance));
  }

  WorkPlan plan() const {
    std::vector<const Instance*> all;
    for (const Instance& instance : instances) all.push_back(&instance);
    return reconcile(workload, all,
                     {.state_of = [this](const NodeName& node) { return nodes.at(node); },
                      .is_overdue = [this](const InstanceId& one) { return overdue.contains(one); },
                      .may_replace = may_replace,
                      .must_wait = must_wait});
  }

  Workload workload{.name = kName};
  std::list<Instance> instances;
  std::set<InstanceId> overdue;
  bool may_replace = true;
  bool must_wait = false;
  std::map<NodeName, NodeState> nodes{
      {kA, NodeState::kLive}, {kB, NodeState::kLive}, {kC, NodeState::kLive}};
};

inline InstanceId id(std::uint64_t number) {
  return make_instance_id(kName, number);
}

/// The plan to replace the instance of that number.
inline std::vector<NewInstance> moves(std::uint64_t number, MoveReason reason,
                                      MoveStyle style = MoveStyle::kStartFirst) {
  return {{.move = Move{id(number), reason, style}}};
}

}  // namespace hearth::core
