#include "core/reconcile/reconcile.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "core/reconcile/classify.h"

namespace hearth::core {
namespace {

bool runs(const Instance& instance) {
  return instance.desired_state == DesiredState::kRun &&
         instance.status.state == InstanceState::kRunning;
}

class Reconciler {
 public:
  Reconciler(const Workload& workload, const std::vector<const Instance*>& instances,
             const StateOfNode& state_of)
      : workload_(workload), state_of_(state_of) {
    for (const Instance* instance : instances) {
      (instance->desired_state == DesiredState::kStop ? leaving_ : kept_).push_back(instance);
    }
    for (const Instance* instance : kept_) {
      kept_ids_.insert(instance->id);
      if (!instance->replaces) continue;
      successor_[*instance->replaces] = instance;
      if (instance->desired_state == DesiredState::kRun && !runs(*instance)) rolls_ = true;
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
    for (const Instance* instance : kept_) look_after(*instance);
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
    return instance.generation < workload_.current_release().generation;
  }
  bool is_stopped(const Instance& instance) const { return stopped_.contains(instance.id); }
  const Instance* successor_of(const Instance& instance) const {
    const auto found = successor_.find(instance.id);
    return found == successor_.end() ? nullptr : found->second;
  }

  InstanceFacts facts_of(const Instance& instance, const Instance* successor) const {
    InstanceFacts facts{
        .on_dead = is_on(instance, NodeState::kDead),
        .endangered =
            is_on(instance, NodeState::kSuspect) || is_on(instance, NodeState::kAgentDown),
        .placed = instance.node.has_value(),
        .staged = instance.desired_state == DesiredState::kStage,
        .old = is_old(instance),
        .replaces = instance.replaces && kept_ids_.contains(*instance.replaces),
        .moves_on_loss = workload_.current_release().spec.on_node_lost == NodeLossPolicy::kReplace,
        .roll_under_way = rolls_};
    if (successor == nullptr) return facts;
    facts.replaced = true;
    facts.successor_stopped = is_stopped(*successor);
    facts.successor_runs = runs(*successor);
    facts.successor_on_dead = is_on(*successor, NodeState::kDead);
    facts.successor_old = is_old(*successor);
    facts.successor_staged = successor->desired_state == DesiredState::kStage;
    facts.successor_placed = successor->node.has_value();
    return facts;
  }

  void look_after(const Instance& instance) {
    const Instance* successor = successor_of(instance);
    if (successor == nullptr && is_stopped(instance)) return;
    switch (classify(facts_of(instance, successor)).step) {
      case Step::kKeep: return;
      case Step::kStop: return stop(instance);
      case Step::kStopChain: return stop_chain(instance);
      case Step::kStopSuccessor: return stop(*successor);
      case Step::kPromoteSuccessor: return plan_.promote.push_back(successor->id);
      case Step::kMoveLost: return move(instance, MoveReason::kNodeLost, MoveStyle::kStartFirst);
      case Step::kMoveOld:
        rolls_ = true;
        return move(instance, MoveReason::kRelease, MoveStyle::kStartFirst);
      case Step::kStageMove: return move(instance, MoveReason::kNodeSilent, MoveStyle::kStageFirst);
    }
    HEARTH_CHECK(false);
  }

  void move(const Instance& instance, MoveReason reason, MoveStyle style) {
    plan_.create.push_back({.move = Move{instance.id, reason, style}});
  }

  void stop(const Instance& instance) {
    if (!stopped_.insert(instance.id).second) return;
    plan_.stop.push_back(instance.id);
  }

  /// The instance that `instance` replaces, if it is still kept; nullptr otherwise.
  const Instance* predecessor_of(const Instance& instance) const {
    if (!instance.replaces) return nullptr;
    const auto found = std::find_if(kept_.begin(), kept_.end(), [&](const Instance* one) {
      return one->id == *instance.replaces;
    });
    return found == kept_.end() ? nullptr : *found;
  }

  /// Stops `last` and everything it replaces, however far back.
  void stop_chain(const Instance& last) {
    stop(last);
    std::erase_if(plan_.create, [&](const NewInstance& one) { return one.replaces() == last.id; });
    if (const Instance* before = predecessor_of(last)) stop_chain(*before);
  }

  /// Gives up the place of the chain that ends with `last`. Where a link of the chain is already
  /// stopped, the part before it is a place of its own.
  void stop_place(const Instance& last) {
    stop(last);
    std::erase_if(plan_.create, [&](const NewInstance& one) { return one.replaces() == last.id; });
    const Instance* before = predecessor_of(last);
    if (before != nullptr && !is_stopped(*before)) stop_place(*before);
  }

  /// Whether an instance runs in the place of the chain that ends with `last`.
  bool place_runs(const Instance& last) const {
    if (runs(last)) return true;
    const Instance* before = predecessor_of(last);
    return before != nullptr && !is_stopped(*before) && place_runs(*before);
  }

  /// A chain of replacements counts as one place, represented by its last link.
  void match_count(std::uint32_t wanted) {
    std::vector<const Instance*> places;
    for (const Instance* instance : kept_) {
      const Instance* successor = successor_of(*instance);
      const bool is_replaced = successor != nullptr && !is_stopped(*successor);
      if (!is_replaced && !is_stopped(*instance)) places.push_back(instance);
    }
    for (std::size_t have = places.size(); have < wanted; ++have) {
      plan_.create.push_back({.move = std::nullopt});
    }
    if (places.size() <= wanted) return;

    std::stable_sort(places.begin(), places.end(), [this](const Instance* a, const Instance* b) {
      return place_runs(*a) > place_runs(*b);
    });
    for (std::size_t i = wanted; i < places.size(); ++i) stop_place(*places[i]);
  }

  const Workload& workload_;
  const StateOfNode& state_of_;
  std::vector<const Instance*> leaving_;
  std::vector<const Instance*> kept_;
  std::set<InstanceId> kept_ids_;
  std::map<InstanceId, const Instance*> successor_;
  std::set<InstanceId> stopped_;
  bool rolls_ = false;  ///< A replacement is starting: generations are rolled out one at a time.
  WorkPlan plan_;
};

}  // namespace

WorkPlan reconcile(const Workload& workload, const std::vector<const Instance*>& instances,
                   const StateOfNode& state_of) {
  return Reconciler(workload, instances, state_of).plan();
}

}  // namespace hearth::core
