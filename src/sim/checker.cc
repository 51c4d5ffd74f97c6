#include "sim/checker.h"

#include <fmt/format.h>

#include "model/node.h"

namespace hearth::sim {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr Duration kSweepPeriod = milliseconds(100);
/// A node that was unwell until now is heard within so long, and no verdict is in flight any more.
constexpr Duration kHeardWithin = milliseconds(2500);
/// Within so long a manager knows that the bus does not carry.
constexpr Duration kBlindWithin = milliseconds(1000);
/// A node that has been well for so long is no longer thought dead.
constexpr Duration kBackWithin = seconds(5);

bool is_worse_than_live(NodeState state) {
  return state != NodeState::kAwaited && state != NodeState::kLive;
}

std::string show(const WishNumber& number) {
  return fmt::format("{}.{}", number.epoch.value, number.revision.value);
}

}  // namespace

Checker::Checker(World& world, const SimStore& store, Truth truth)
    : world_(world), store_(store), truth_(std::move(truth)) {}

void Checker::begin(std::set<NodeName> nodes) {
  nodes_ = std::move(nodes);
  sweep();
}

void Checker::sweep() {
  for (const NodeName& node : nodes_) {
    if (truth_.is_well(node)) {
      well_since_.try_emplace(node, world_.now());
    } else {
      well_since_.erase(node);
    }
    const std::set<InstanceId> doubled = truth_.doubled(node);
    std::erase_if(double_since_, [&](const auto& entry) {
      return entry.first.first == node && !doubled.contains(entry.first.second);
    });
    for (const InstanceId& id : doubled) {
      const MonoTime since = double_since_.try_emplace({node, id}, world_.now()).first->second;
      if (world_.now() - since > double_max_) {
        world_.violate("one-container", fmt::format("more than one container of '{}' runs on '{}'",
                                                    id.str(), node.str()));
      }
    }
  }
  if (truth_.bus_carries() || !truth_.manager_works()) {
    blind_since_.reset();
  } else if (!blind_since_) {
    blind_since_ = world_.now();
  }
  world_.after(kSweepPeriod, [this] { sweep(); });
}

bool Checker::is_blind_for(Duration duration) const {
  return blind_since_ && world_.now() - *blind_since_ > duration;
}

bool Checker::is_well_for(const NodeName& node, Duration duration) const {
  const auto since = well_since_.find(node);
  return since != well_since_.end() && truth_.is_well(node) &&
         world_.now() - since->second > duration;
}

void Checker::on_batch(const core::ManagerBatch& batch) {
  world_.trace(batch.writes.size());
  world_.trace(batch.actions.size());
  for (const Write& write : batch.writes) check_write(write);
  if (quiet_ && !batch.writes.empty()) {
    world_.violate("quiet", fmt::format("{} writes, the first of kind {}", batch.writes.size(),
                                        batch.writes.front().index()));
  }
}

void Checker::check_write(const Write& write) {
  if (const auto* put = std::get_if<PutNode>(&write)) {
    check_verdict(put->node);
  } else if (const auto* instance = std::get_if<PutInstance>(&write)) {
    const InstanceId& id = instance->instance.id;
    if (!store_.instances().contains(id) && ids_used_.contains(id)) {
      world_.violate("instance-ids-are-new", fmt::format("'{}' is used again", id.str()));
    }
  } else if (const auto* workload = std::get_if<PutWorkload>(&write)) {
    note_builder(workload->workload);
  } else if (const auto* removal = std::get_if<DeleteInstance>(&write)) {
    ids_used_.insert(removal->id);
  }
}

/// A build leaves a node that says for long that it cannot work, and it may be done there all the
/// same once the node can.
void Checker::note_builder(const Workload& workload) {
  const auto known = store_.workloads().find(workload.name);
  if (known == store_.workloads().end() || !known->second.build_node || !workload.build_node)
    return;
  const bool moves = known->second.build_node != workload.build_node &&
                     known->second.next->generation == workload.next->generation;
  if (moves && troubled_.contains(*known->second.build_node))
    builds_moved_.emplace(workload.name, workload.next->generation);
}

void Checker::check_verdict(const Node& node) {
  const auto known = store_.nodes().find(node.name);
  const NodeState before =
      known == store_.nodes().end() ? NodeState::kAwaited : known->second.state;
  if (node.state == before) return;
  if (is_worse_than_live(node.state) && is_blind_for(kBlindWithin)) {
    world_.violate("blind-judges-nobody", fmt::format("'{}' becomes {}: {}", node.name.str(),
                                                      name_of(node.state), node.evidence));
  }
  if (node.state != NodeState::kDead) return;
  if (is_well_for(node.name, kHeardWithin)) {
    world_.violate("dead-though-well", fmt::format("'{}': {}", node.name.str(), node.evidence));
  }
  for (const auto& [name, workload] : store_.workloads()) {
    if (workload.build_node == node.name && workload.next)
      builds_moved_.emplace(name, workload.next->generation);
  }
}

void Checker::on_action(const core::ManagerAction& action) {
  if (const auto* publish = std::get_if<core::PublishAssignment>(&action)) check(*publish);
  if (const auto* power = std::get_if<core::SwitchPower>(&action)) check(*power);
}

void Checker::check(const core::PublishAssignment& action) {
  const Assignment& wish = action.assignment;
  world_.note("manager", fmt::format("assignment {} for '{}': {} instances, {} images, {} builds",
                                     show(wish.number), wish.node.str(), wish.instances.size(),
                                     wish.images.size(), wish.builds.size()));
  if (quiet_) world_.violate("quiet", fmt::format("'{}' is told something", wish.node.str()));
  WishNumber& last = published_[wish.node];
  if (wish.number < last || wish.number.epoch != store_.epoch()) {
    world_.violate("wish-goes-forward",
                   fmt::format("'{}' is told {} after {} in the stored epoch {}", wish.node.str(),
                               show(wish.number), show(last), store_.epoch().value));
  }
  last = wish.number;
  for (const AssignedInstance& told : wish.instances) {
    ids_used_.insert(told.id);
    const auto found = store_.instances().find(told.id);
    const bool stored = found != store_.instances().end() && found->second.node == wish.node &&
                        found->second.desire == told.desire &&
                        found->second.generation == told.generation;
    if (!stored) {
      world_.violate("stored-before-told",
                     fmt::format("'{}' is told to have '{}', of which the store knows otherwise",
                                 wish.node.str(), told.id.str()));
    }
  }
}

void Checker::on_manager_crash() {
  excuse_builds();
  for (const auto& [name, node] : store_.nodes()) {
    if (node.recovery.phase == RecoveryPhase::kSwitchingOff) to_resume_.insert(name);
  }
}

void Checker::check(const core::SwitchPower& action) {
  const auto found = store_.nodes().find(action.node);
  const RecoveryPhase phase =
      action.verb == PowerVerb::kOff ? RecoveryPhase::kSwitchingOff : RecoveryPhase::kSwitchingOn;
  const bool stored = found != store_.nodes().end() && found->second.state == NodeState::kDead &&
                      found->second.recovery.phase == phase &&
                      found->second.recovery.attempt == action.attempt;
  const auto violate = [&](std::string_view why) {
    world_.violate("power-off-only-dead", fmt::format("'{}' is switched {} {}", action.node.str(),
                                                      name_of(action.verb), why));
  };
  if (!stored) return violate("and the store does not say so");
  if (action.verb == PowerVerb::kOn) return;
  if (to_resume_.erase(action.node) > 0) return;
  if (is_blind_for(kBlindWithin)) return violate("while nobody can be heard");
  if (is_well_for(action.node, kBackWithin)) return violate("though it is well");
}

void Checker::on_status(const NodeName& node, const Heartbeat& heartbeat) {
  world_.trace(heartbeat.seq.value_or(0));
  if (heartbeat.report && heartbeat.report->problem.empty()) troubled_.erase(node);
  if (heartbeat.report && !heartbeat.report->problem.empty()) troubled_.insert(node);
  WishNumber& last = applied_[node];
  if (heartbeat.applied < last) {
    world_.violate("wish-goes-forward", fmt::format("'{}' applied {} after {}", node.str(),
                                                    show(heartbeat.applied), show(last)));
  }
  last = heartbeat.applied;
}

void Checker::on_saved(const NodeName& node, const Assignment& assignment) {
  WishNumber& last = saved_[node];
  if (assignment.number < last) {
    world_.violate("wish-goes-forward", fmt::format("'{}' stored {} after {}", node.str(),
                                                    show(assignment.number), show(last)));
  }
  last = assignment.number;
}

void Checker::on_last_stopped(const Assignment& newest, const InstanceId& instance) {
  for (const AssignedInstance& wanted : newest.instances) {
    if (wanted.id != instance) continue;
    world_.violate("spares-the-wanted",
                   fmt::format("'{}' stops '{}', which {} wants", newest.node.str(), instance.str(),
                               show(newest.number)));
  }
}

void Checker::forget_node(const NodeName& node) {
  applied_.erase(node);
  saved_.erase(node);
}

void Checker::on_build_begins(const NodeName& node, const BuildOrder& order) {
  world_.note(node.str(), fmt::format("builds generation {} of '{}'", order.generation.value,
                                      order.workload.str()));
  const BuildKey key(order.workload, order.generation);
  if (!builds_begun_.insert(key).second && !builds_moved_.contains(key)) {
    world_.violate("built-once", fmt::format("'{}' builds generation {} of '{}' again", node.str(),
                                             order.generation.value, order.workload.str()));
  }
}

void Checker::on_build_ends(const NodeName& node, const BuildOrder& order,
                            const Result<Digest>& outcome) {
  world_.note(node.str(), fmt::format("its build of '{}' {}", order.workload.str(),
                                      outcome ? "is done" : "fails: " + outcome.error().message));
  if (!outcome) builds_begun_.erase({order.workload, order.generation});
}

}  // namespace hearth::sim
