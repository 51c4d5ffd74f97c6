#include "core/reconcile/reconcile.h"

#include <algorithm>
#include <map>
#include <set>

namespace hearth::core {
namespace {

class Reconciler {
 public:
  Reconciler(const Workload& workload, const std::vector<const Instance*>& instances,
             const StateOfNode& state_of)
      : workload_(workload), state_of_(state_of) {
    for (const Instance* instance : instances) {
      if (instance->desire == InstanceDesire::kStop) {
        leaving_.push_back(instance);
      } else {
        kept_.push_back(instance);
      }
    }
    for (const Instance* instance : kept_) {
      if (instance->replaces) successor_[*instance->replaces] = instance;
    }
  }

  WorkPlan plan() {
    for (const Instance* instance : leaving_) {
      if (!instance->node || is_on(*instance, NodeState::kDead))
        plan_.forget.push_back(instance->id);
    }
    const std::uint32_t wanted = wanted_instances();
    if (wanted == 0) {
      for (const Instance* instance : kept_) stop(*instance);
      return std::move(plan_);
    }
    for (const Instance* instance : kept_) {
      const auto found = successor_.find(instance->id);
      if (found != successor_.end()) {
        hand_over(*instance, *found->second);
      } else if (!is_gone(*instance)) {
        look_after(*instance);
      }
    }
    match_count(wanted);
    return std::move(plan_);
  }

 private:
  std::uint32_t wanted_instances() const {
    switch (workload_.phase) {
      case WorkloadPhase::kStopped:
      case WorkloadPhase::kRemoving:
      case WorkloadPhase::kRemoved: return 0;
      case WorkloadPhase::kBuilding:
      case WorkloadPhase::kDeployed:
      case WorkloadPhase::kFailed: break;
    }
    return workload_.current ? workload_.current->spec.instances : 0;
  }

  bool is_on(const Instance& instance, NodeState state) const {
    return instance.node && state_of_(*instance.node) == state;
  }
  bool is_old(const Instance& instance) const {
    return instance.generation < workload_.current->generation;
  }
  bool moves_on_loss() const {
    return workload_.current->spec.on_node_lost == NodeLossPolicy::kReplace;
  }
  bool is_gone(const Instance& instance) const { return stopped_.contains(instance.id); }
  static bool runs(const Instance& instance) {
    return instance.desire == InstanceDesire::kRun &&
           instance.status.state == InstanceState::kRunning;
  }

  void stop(const Instance& instance) {
    if (!stopped_.insert(instance.id).second) return;
    plan_.stop.push_back(instance.id);
  }

  /// `old` has a replacement: see it through, or take it back where it is no longer needed.
  void hand_over(const Instance& old, const Instance& replacement) {
    if (is_gone(replacement)) return;
    // A replacement that is lost itself is replaced in its turn, and proves nothing.
    if (runs(replacement) && !is_on(replacement, NodeState::kDead)) return stop_chain(old);
    // A release that never came to run must not stand in the way of the one that mends it.
    if (is_old(replacement)) return stop(replacement);
    const bool staged = replacement.desire == InstanceDesire::kStage;
    if (!still_needs_replacement(old)) {
      if (staged || !replacement.node) stop(replacement);
      return;
    }
    if (!staged) return;
    if (is_on(replacement, NodeState::kDead)) return stop(replacement);
    if (is_on(old, NodeState::kDead)) plan_.promote.push_back(replacement.id);
  }

  bool still_needs_replacement(const Instance& old) const {
    if (is_old(old)) return true;
    return is_on(old, NodeState::kDead) || is_on(old, NodeState::kSuspect) ||
           is_on(old, NodeState::kAgentDown);
  }

  /// `instance` stands for itself: does it need a replacement?
  void look_after(const Instance& instance) {
    if (instance.desire == InstanceDesire::kStage) {
      // Whatever it was staged for is gone; or it was lost before it was of use.
      if (!instance.replaces || is_on(instance, NodeState::kDead)) stop(instance);
      return;
    }
    if (is_on(instance, NodeState::kDead)) {
      if (moves_on_loss()) create(InstanceDesire::kRun, instance.id);
      return;
    }
    if (is_old(instance)) {
      if (!instance.node) return stop(instance);
      return roll(instance);
    }
    const bool endangered =
        is_on(instance, NodeState::kSuspect) || is_on(instance, NodeState::kAgentDown);
    if (endangered && moves_on_loss()) create(InstanceDesire::kStage, instance.id);
  }

  void roll(const Instance& instance) {
    const bool under_way = std::any_of(successor_.begin(), successor_.end(), [](const auto& entry) {
      return entry.second->desire == InstanceDesire::kRun && !runs(*entry.second);
    });
    if (under_way || rolls_) return;
    rolls_ = true;
    create(InstanceDesire::kRun, instance.id);
  }

  void create(InstanceDesire desire, std::optional<InstanceId> replaces) {
    plan_.create.push_back({.desire = desire, .replaces = std::move(replaces)});
  }

  /// A chain of replacements is one place in the count: its last link stands for it.
  void match_count(std::uint32_t wanted) {
    std::vector<const Instance*> places;
    for (const Instance* instance : kept_) {
      const auto found = successor_.find(instance->id);
      const bool replaced = found != successor_.end() && !is_gone(*found->second);
      if (!replaced && !is_gone(*instance)) places.push_back(instance);
    }
    for (std::size_t have = places.size(); have < wanted; ++have) {
      create(InstanceDesire::kRun, std::nullopt);
    }
    if (places.size() <= wanted) return;

    std::stable_sort(places.begin(), places.end(),
                     [](const Instance* a, const Instance* b) { return runs(*a) > runs(*b); });
    for (std::size_t i = wanted; i < places.size(); ++i) stop_chain(*places[i]);
  }

  void stop_chain(const Instance& last) {
    stop(last);
    std::erase_if(plan_.create, [&](const NewInstance& one) { return one.replaces == last.id; });
    if (!last.replaces) return;
    for (const Instance* instance : kept_) {
      if (instance->id == *last.replaces) stop_chain(*instance);
    }
  }

  const Workload& workload_;
  const StateOfNode& state_of_;
  std::vector<const Instance*> leaving_;
  std::vector<const Instance*> kept_;
  std::map<InstanceId, const Instance*> successor_;
  std::set<InstanceId> stopped_;
  bool rolls_ = false;
  WorkPlan plan_;
};

}  // namespace

WorkPlan reconcile(const Workload& workload, const std::vector<const Instance*>& instances,
                   const StateOfNode& state_of) {
  return Reconciler(workload, instances, state_of).plan();
}

}  // namespace hearth::core
