#include "core/reconcile/reconcile.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/check.h"
#include "core/reconcile/classify.h"
#include "core/rollout/rollout.h"

namespace hearth::core {
namespace {

bool is_ready(const Instance& instance) {
  return instance.desired_state == DesiredState::kRun && instance.is_ready();
}

class Reconciler {
 public:
  Reconciler(const Workload& workload, const std::vector<const Instance*>& instances,
             const ReconcileView& view)
      : workload_(workload),
        target_(workload.target()),
        view_(view),
        wanted_(wanted_instances(workload, instances)) {
    for (const Instance* instance : instances) {
      (instance->desired_state == DesiredState::kStop ? leaving_ : kept_).push_back(instance);
    }
    for (const Instance* instance : kept_) kept_ids_.insert(instance->id);
    for (const Instance* instance : kept_) {
      const bool starts = instance->desired_state == DesiredState::kRun && !is_ready(*instance);
      const bool takes_a_place = is_part_of_update(*instance) || stops_first();
      const bool loops = instance->status.state == InstanceState::kCrashLoop;
      if (starts && !loops && !is_old(*instance) && takes_a_place) rolls_ = true;
      if (instance->desired_state == DesiredState::kStage && instance->is_last_try) rolls_ = true;
      if (!instance->replaces || !kept_ids_.contains(*instance->replaces)) continue;
      successor_[*instance->replaces] = instance;
      if (starts) rolls_ = true;
    }
    // Its replacement is created once it is gone: until then no other one is stopped.
    if (stops_first() && (leaving_first() > 0 || kept_.size() < wanted_)) rolls_ = true;
  }

  WorkPlan plan() {
    for (const Instance* instance : leaving_) {
      if (!instance->node || is_on(*instance, NodeState::kDead))
        plan_.forget.push_back(instance->id);
    }
    if (workload_.phase == WorkloadPhase::kStopped && is_adopted()) {
      for (const Instance* instance : kept_) hold(*instance);
      return std::move(plan_);
    }
    if (wanted_ == 0) {
      for (const Instance* instance : kept_) stop(*instance);
      return std::move(plan_);
    }
    for (const Instance* instance : kept_) look_after(*instance);
    match_count();
    return std::move(plan_);
  }

 private:
  bool is_on(const Instance& instance, NodeState state) const {
    return instance.node && view_.state_of(*instance.node) == state;
  }
  /// Whether its work is lost with its node. What has completed is done, wherever its node is.
  bool is_lost(const Instance& instance) const {
    return is_on(instance, NodeState::kDead) && !is_done(instance);
  }
  static bool is_done(const Instance& instance) {
    return instance.status.state == InstanceState::kCompleted;
  }
  bool is_endangered(const Instance& instance) const {
    const bool may_be_lost =
        is_on(instance, NodeState::kSuspect) || is_on(instance, NodeState::kAgentDown);
    return may_be_lost && !is_done(instance);
  }
  bool is_old(const Instance& instance) const { return instance.generation != target_->generation; }
  /// Whether it has the release that is to replace another one.
  bool is_part_of_update(const Instance& instance) const {
    return workload_.phase == WorkloadPhase::kRollingOut && workload_.next && !is_old(instance);
  }
  bool stops_first() const {
    return target_ != nullptr && target_->spec.instance.replace == ReplaceOrder::kStopFirst;
  }
  bool is_leaving(const InstanceId& id) const {
    return std::any_of(leaving_.begin(), leaving_.end(), [&](const Instance* one) {
      return one->id == id && !is_on(*one, NodeState::kDead);
    });
  }
  bool is_stopped(const Instance& instance) const { return stopped_.contains(instance.id); }
  const Instance* successor_of(const Instance& instance) const {
    const auto found = successor_.find(instance.id);
    return found == successor_.end() ? nullptr : found->second;
  }

  /// Where the workload names another node than the one that is lost, waiting for that is
  /// pointless.
  bool moves_on_loss(const Instance& instance) const {
    const std::optional<NodeName>& only = target_->spec.node;
    const bool is_elsewhere = only && instance.node && only != instance.node;
    return is_elsewhere || target_->spec.on_node_lost == NodeLossPolicy::kReplace;
  }
  /// A crash loop may be its node's fault. A release that is rolled out is judged by it instead.
  /// What is tied to its node stays where it is.
  bool may_try_elsewhere(const Instance& instance) const {
    const WorkloadSpec& spec = target_->spec;
    const bool is_tied = spec.on_node_lost == NodeLossPolicy::kStay || spec.node ||
                         !spec.instance.container.devices.empty();
    return instance.status.state == InstanceState::kCrashLoop && !instance.is_last_try &&
           !is_tied && !is_old(instance) && !is_rolling_out(workload_) &&
           is_on(instance, NodeState::kLive);
  }

  bool is_starting(const Instance& instance) const {
    return instance.desired_state == DesiredState::kRun &&
           instance.status.state == InstanceState::kRunning &&
           instance.status.health != Health::kDegraded && !is_on(instance, NodeState::kDead);
  }

  InstanceFacts facts_of(const Instance& instance, const Instance* successor) const {
    InstanceFacts facts{.on_dead = is_lost(instance),
                        .endangered = is_endangered(instance),
                        .placed = instance.node.has_value(),
                        .ready = is_ready(instance) && !is_lost(instance),
                        .starting = is_starting(instance),
                        .staged = instance.desired_state == DesiredState::kStage,
                        .old = is_old(instance),
                        .stops_first = stops_first(),
                        .cannot_start = view_.is_overdue(instance.id),
                        .degraded = instance.status.must_be_replaced && !stops_first() &&
                                    is_on(instance, NodeState::kLive),
                        .crash_loops = may_try_elsewhere(instance),
                        .replaces = instance.replaces && kept_ids_.contains(*instance.replaces),
                        .replaces_leaving = instance.replaces && is_leaving(*instance.replaces),
                        .last_try = instance.is_last_try,
                        .moves_on_loss = moves_on_loss(instance),
                        .roll_under_way = rolls_,
                        .may_replace = view_.may_replace,
                        .must_wait = view_.must_wait};
    if (successor == nullptr) return facts;
    facts.replaced = true;
    facts.successor_stopped = is_stopped(*successor);
    facts.successor_ready = is_ready(*successor);
    facts.successor_starting = is_starting(*successor);
    facts.successor_on_dead = is_lost(*successor);
    facts.successor_old = is_old(*successor);
    facts.successor_staged = successor->desired_state == DesiredState::kStage;
    facts.successor_created = successor->status.state == InstanceState::kStaged;
    facts.successor_placed = successor->node.has_value();
    facts.successor_gave_up =
        successor->is_last_try && successor->status.state == InstanceState::kCrashLoop;
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
      case Step::kPromote: return plan_.promote.push_back(instance.id);
      case Step::kPromoteSuccessor: return plan_.promote.push_back(successor->id);
      case Step::kMoveLost: return move(instance, MoveReason::kNodeLost, MoveStyle::kStartFirst);
      case Step::kMoveOld:
        rolls_ = true;
        return move(instance, MoveReason::kRelease, MoveStyle::kStartFirst);
      case Step::kStopOld: rolls_ = true; return stop(instance);
      case Step::kMoveStuck:
        return move(instance, MoveReason::kCannotStart, MoveStyle::kStartFirst);
      case Step::kMoveDegraded:
        rolls_ = true;
        return move(instance, MoveReason::kDegraded, MoveStyle::kStartFirst);
      case Step::kTryElsewhere:
        rolls_ = true;
        return move(instance, MoveReason::kCrashLoop,
                    stops_first() ? MoveStyle::kStageFirst : MoveStyle::kStartFirst);
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

  bool is_adopted() const { return workload_.current && workload_.current->spec.instance.adopted; }

  void hold(const Instance& instance) {
    if (!instance.node) return stop(instance);
    if (instance.desired_state == DesiredState::kRun) plan_.hold.push_back(instance.id);
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

  /// How much the place of the chain that ends with `last` is worth: one that serves is more than
  /// one that starts, and one of the target release more than another.
  int worth_of_place(const Instance& last) const {
    const bool runs =
        last.desired_state == DesiredState::kRun && last.status.state == InstanceState::kRunning;
    const int serves = is_ready(last) ? 2 : runs ? 1 : 0;
    const int worth = 2 * serves + (is_old(last) ? 0 : 1);
    const Instance* before = predecessor_of(last);
    if (before == nullptr || is_stopped(*before)) return worth;
    return std::max(worth, worth_of_place(*before));
  }

  /// Instances that still run, and whose replacement must not run beside them.
  std::size_t leaving_first() const {
    if (!stops_first()) return 0;
    const auto runs_on = [this](const Instance* one) {
      return one->node && !is_on(*one, NodeState::kDead);
    };
    return static_cast<std::size_t>(std::count_if(leaving_.begin(), leaving_.end(), runs_on)) +
           stopped_.size();
  }

  /// A chain of replacements counts as one place, represented by its last link.
  void match_count() {
    std::vector<const Instance*> places;
    for (const Instance* instance : kept_) {
      const Instance* successor = successor_of(*instance);
      const bool is_replaced = successor != nullptr && !is_stopped(*successor);
      if (!is_replaced && !is_stopped(*instance)) places.push_back(instance);
    }
    for (std::size_t have = places.size() + leaving_first(); have < wanted_; ++have) {
      plan_.create.push_back({.move = std::nullopt});
    }
    if (places.size() <= wanted_) return;

    std::stable_sort(places.begin(), places.end(), [this](const Instance* a, const Instance* b) {
      return worth_of_place(*a) > worth_of_place(*b);
    });
    for (std::size_t i = wanted_; i < places.size(); ++i) stop_place(*places[i]);
  }

  const Workload& workload_;
  const Release* target_;  ///< Set if `wanted_` is not 0.
  const ReconcileView& view_;
  std::uint32_t wanted_;
  std::vector<const Instance*> leaving_;
  std::vector<const Instance*> kept_;
  std::set<InstanceId> kept_ids_;
  std::map<InstanceId, const Instance*> successor_;
  std::set<InstanceId> stopped_;
  bool rolls_ = false;  ///< A replacement is not ready yet: they start one at a time.
  WorkPlan plan_;
};

}  // namespace

WorkPlan reconcile(const Workload& workload, const std::vector<const Instance*>& instances,
                   const ReconcileView& view) {
  return Reconciler(workload, instances, view).plan();
}

}  // namespace hearth::core
