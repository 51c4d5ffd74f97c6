// Instances: what is missing is created and placed, what is too much is stopped, and each node is
// told all that it must run.

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "core/manager/manager.h"
#include "core/manager/node_record.h"

namespace hearth::core {
namespace {

/// A plan that was carried out may call for a next one (a promotion for a stop). More rounds than
/// this mean that two rules contradict each other.
constexpr int kRoundsMax = 10;

/// Also while a new release is built, and if that fails.
bool keeps_running(const Workload& workload) {
  return workload.current && workload.phase != WorkloadPhase::kStopped &&
         workload.phase != WorkloadPhase::kRemoving;
}

PlacementRequest request_for(const Instance& instance) {
  return {.workload = instance.workload,
          .resources = instance.container.resources,
          .environment_bytes = instance.container.environment_bytes(),
          .image = instance.image.reference};
}

}  // namespace

void Manager::reconcile_work() {
  const auto due = [this] { return capacity_changed_ || !work_due_.empty(); };
  std::set<WorkloadName> looked_at;
  for (int round = 0; due(); ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    if (std::exchange(capacity_changed_, false)) {
      candidates_.reset();
      for (const auto& [id, instance] : instances_) {
        if (!instance.node) work_due_.insert(instance.workload);
      }
      for (const auto& [name, workload] : workloads_) looked_at.insert(name);
    }
    looked_at.insert(work_due_.begin(), work_due_.end());
    for (const WorkloadName& name : std::exchange(work_due_, {})) reconcile_one(name);
  }
  for (const WorkloadName& name : looked_at) choose_warm_node(name);
}

void Manager::reconcile_one(const WorkloadName& name) {
  const auto found = workloads_.find(name);
  if (found == workloads_.end()) return;
  Workload& workload = found->second;
  const auto state_of = [this](const NodeName& node) { return record_of(node)->node.state; };
  bool changed = true;
  for (int round = 0; changed; ++round) {
    HEARTH_CHECK(round < kRoundsMax);
    std::vector<const Instance*> instances;
    for (const InstanceId& id : instances_of_[name]) instances.push_back(&instances_.at(id));
    changed = carry_out(reconcile(workload, instances, state_of), workload);
  }
  place_pending(workload);
  if (workload.phase == WorkloadPhase::kRemoving && instances_of_[name].empty()) {
    tell(EventType::kWorkloadRemoved, "workload/" + name.str(),
         fmt::format("'{}' is removed", name.str()));
    retire(workload);
  }
}

/// Nothing of it is left but its numbers.
void Manager::retire(Workload& workload) {
  const WorkloadName name = workload.name;
  workload.phase = WorkloadPhase::kRemoved;
  workload.reason.clear();
  workload.current = workload.latest();
  workload.current->image.reset();
  workload.current->spec.container.environment.clear();
  workload.next.reset();
  workloads_touched_.insert(name);
  instances_of_.erase(name);
  removed_.insert(workloads_.extract(name));
}

/// Returns true if that changed anything.
bool Manager::carry_out(const WorkPlan& plan, Workload& workload) {
  bool changed = false;
  for (const InstanceId& id : plan.forget) {
    forget_instance(id);
    changed = true;
  }
  for (const InstanceId& id : plan.stop) {
    Instance& instance = *find_instance(id);
    if (instance.node) {
      capacity_changed_ = true;  // There is room for what waits.
      release(candidates().at(*instance.node), request_for(instance));
    }
    instance.desire = InstanceDesire::kStop;
    touch(instance);
    changed = true;
  }
  for (const InstanceId& id : plan.promote) {
    Instance& instance = *find_instance(id);
    instance.desire = InstanceDesire::kRun;
    touch(instance);
    tell(EventType::kInstancePlaced, "instance/" + id.str(),
         fmt::format("'{}', staged on '{}', takes over from '{}'", id.str(), instance.node->str(),
                     instance.replaces ? instance.replaces->str() : ""));
    changed = true;
  }
  for (const NewInstance& wanted : plan.create) changed = create(wanted, workload) || changed;
  return changed;
}

bool Manager::create(const NewInstance& wanted, Workload& workload) {
  const Release& release = *workload.current;
  Instance instance{.id = make_instance_id(workload.name, workload.next_instance),
                    .workload = workload.name,
                    .generation = release.generation,
                    .node = std::nullopt,
                    .desire = wanted.desire,
                    .image = *release.image,
                    .container = release.spec.container,
                    .status = {},
                    .replaces = wanted.replaces,
                    .changed_at = now_.wall};
  instance.status.state = InstanceState::kPending;
  const bool placed = put_on_node(instance);
  if (!placed && wanted.desire == InstanceDesire::kStage) return false;
  ++workload.next_instance;
  workloads_touched_.insert(workload.name);
  if (!placed) {
    tell(EventType::kInstancePending, "instance/" + instance.id.str(),
         fmt::format("'{}' waits: {}", instance.id.str(), instance.status.reason));
  }
  add_instance(std::move(instance));
  return true;
}

void Manager::place_pending(Workload& workload) {
  const std::vector<InstanceId> ids = instances_of_[workload.name];
  for (const InstanceId& id : ids) {
    Instance& instance = *find_instance(id);
    if (instance.node || instance.desire == InstanceDesire::kStop) continue;
    const std::string reason = instance.status.reason;
    if (put_on_node(instance)) {
      instances_on_[*instance.node].insert(id);
      touch(instance);
    } else if (instance.status.reason != reason) {
      instances_touched_.insert(id);
    }
  }
}

bool Manager::put_on_node(Instance& instance) {
  PlacementRequest request = request_for(instance);
  const Instance* old = instance.replaces ? find_instance(*instance.replaces) : nullptr;
  if (old != nullptr) {
    const WorkloadSpec& spec = workloads_.at(instance.workload).current->spec;
    const bool live = record_of(*old->node)->node.state == NodeState::kLive;
    if (spec.on_node_lost == NodeLossPolicy::kStay) {
      request.only_on = old->node;
      request.freed = old->container.resources;
    }
    (live || request.only_on ? request.successor_on : request.other_than) = old->node;
  }
  const Result<NodeName> node = place(candidates(), request);
  if (!node) {
    instance.status.reason = node.error().message;
    return false;
  }
  instance.node = *node;
  instance.status.state = InstanceState::kAssigned;
  instance.status.reason.clear();
  instance.changed_at = now_.wall;
  tell(EventType::kInstancePlaced, "instance/" + instance.id.str(),
       fmt::format(
           "'{}' {} '{}'{}", instance.id.str(),
           instance.desire == InstanceDesire::kStage ? "is staged on" : "goes to", node->str(),
           old == nullptr
               ? ""
               : fmt::format(" in place of '{}' on '{}'", old->id.str(), old->node->str())));
  return true;
}

/// One node more than needed holds each image, so that a failover starts at once.
void Manager::choose_warm_node(const WorkloadName& name) {
  const auto found = workloads_.find(name);
  const Workload* workload = found == workloads_.end() ? nullptr : &found->second;
  const bool wanted = workload != nullptr && keeps_running(*workload) &&
                      workload->current->image->archive && workload->current->spec.instances > 0;
  if (const auto held = warm_node_.find(name); held != warm_node_.end()) {
    const NodeName node = held->second;
    assignments_due_.insert(node);  // The image may be that of a new release.
    const bool good =
        wanted && record_of(node)->node.state == NodeState::kLive && !has_copy_on(name, node);
    if (good) return;
    warm_node_.erase(held);
  }
  if (!wanted) return;
  const ContainerSpec& container = workload->current->spec.container;
  const Result<NodeName> node =
      choose(candidates(), {.workload = name,
                            .resources = container.resources,
                            .environment_bytes = container.environment_bytes(),
                            .image = workload->current->image->reference,
                            .beside_itself = Beside::kNever});
  if (!node) return;
  warm_node_.emplace(name, *node);
  assignments_due_.insert(*node);
}

bool Manager::has_copy_on(const WorkloadName& workload, const NodeName& node) const {
  const std::set<InstanceId>& here = instances_on(node);
  return std::any_of(here.begin(), here.end(), [&](const InstanceId& id) {
    const Instance& instance = instances_.at(id);
    return instance.workload == workload && instance.desire != InstanceDesire::kStop;
  });
}

void Manager::publish_assignments() {
  for (const NodeName& name : std::exchange(assignments_due_, {})) {
    NodeRecord& record = *record_of(name);
    Assignment wish = assignment_for(name);
    if (record.wish) {
      wish.number = record.wish->number;
      if (wish == *record.wish) {
        if (std::exchange(record.republish, false)) act(PublishAssignment{std::move(wish)});
        continue;
      }
    }
    wish.number = {epoch_, record.soft.wished.revision.next()};
    record.republish = false;
    record.soft.wished = wish.number;
    record.wish = wish;
    record.wished_at = now_.mono;
    schedule(record);
    act(PublishAssignment{std::move(wish)});
  }
}

Assignment Manager::assignment_for(const NodeName& node) const {
  Assignment wish{.node = node,
                  .number = {},
                  .heartbeat_interval = settings_.liveness.heartbeat_interval,
                  .instances = {},
                  .images = {},
                  .builds = {}};
  for (const InstanceId& id : instances_on(node)) {
    const Instance& instance = instances_.at(id);
    if (instance.desire == InstanceDesire::kStop) continue;
    wish.instances.push_back({.id = id,
                              .workload = instance.workload,
                              .generation = instance.generation,
                              .desire = instance.desire,
                              .image = instance.image,
                              .container = instance.container});
  }
  for (const auto& [workload, warm] : warm_node_) {
    if (warm == node) wish.images.push_back(*workloads_.at(workload).current->image);
  }
  for (const auto& [name, workload] : workloads_) {
    if (workload.build_node != node) continue;
    wish.builds.push_back({.workload = name,
                           .generation = workload.next->generation,
                           .bundle = workload.next->spec.bundle,
                           .reference = image_reference(name, *workload.next, node)});
  }
  return wish;
}

Candidates& Manager::candidates() {
  if (candidates_) return *candidates_;
  candidates_.emplace();
  for (const auto& [name, record] : nodes_) {
    Candidate candidate{.usable = true,
                        .unusable = unusable(record),
                        .capacity = record.node.capacity,
                        .reserved = {},
                        .instances = 0,
                        .load = record.soft.load,
                        .of_workload = {},
                        .images = {}};
    candidate.usable = candidate.unusable.empty();
    if (record.soft.report) {
      candidate.images.insert(record.soft.report->images.begin(), record.soft.report->images.end());
    }
    for (const InstanceId& id : instances_on(name)) {
      const Instance& instance = instances_.at(id);
      if (instance.desire == InstanceDesire::kStop) continue;
      reserve(candidate, request_for(instance));
    }
    candidates_->emplace(name, std::move(candidate));
  }
  for (const auto& [name, workload] : workloads_) {
    if (workload.build_node) ++candidates_->at(*workload.build_node).instances;
  }
  return *candidates_;
}

/// Why nothing can be placed on the node, in words; empty if it can.
std::string Manager::unusable(const NodeRecord& record) const {
  switch (record.node.state) {
    case NodeState::kAwaited: return "not heard from yet";
    case NodeState::kSuspect: return "suspect";
    case NodeState::kUnreachable: return "unreachable by the bus";
    case NodeState::kAgentDown: return "without its agent";
    case NodeState::kDead: return "dead";
    case NodeState::kLive: break;
  }
  if (record.node.cordoned) return "cordoned";
  if (!record.soft.report) return "without a report of an agent";
  if (record.soft.applied.epoch > epoch_) {
    return fmt::format(
        "bound to a manager of epoch {} while this one is in epoch {} (was its database lost? "
        "restore it, or empty the agent's state folder and restart it)",
        record.soft.applied.epoch.value, epoch_.value);
  }
  if (!record.soft.report->problem.empty()) return "in trouble: " + record.soft.report->problem;
  return {};
}

Instance* Manager::find_instance(const InstanceId& id) {
  const auto found = instances_.find(id);
  return found == instances_.end() ? nullptr : &found->second;
}

void Manager::add_instance(Instance instance) {
  instances_of_[instance.workload].push_back(instance.id);
  if (instance.node) instances_on_[*instance.node].insert(instance.id);
  touch(instance);
  InstanceId id = instance.id;
  instances_.emplace(std::move(id), std::move(instance));
}

void Manager::forget_instance(const InstanceId& id) {
  const Instance& instance = instances_.at(id);
  tell(EventType::kInstanceStopped, "instance/" + id.str(),
       instance.node ? fmt::format("'{}' is gone from '{}'", id.str(), instance.node->str())
                     : fmt::format("'{}' is withdrawn", id.str()));
  touch(instance);
  if (instance.node) instances_on_[*instance.node].erase(id);
  std::erase(instances_of_[instance.workload], id);
  instances_.erase(id);
}

/// The instance changed: it is to be remembered, its node to be told, its workload looked at.
void Manager::touch(const Instance& instance) {
  instances_touched_.insert(instance.id);
  if (instance.node) assignments_due_.insert(*instance.node);
  work_due_.insert(instance.workload);
}

void Manager::touch_work_on(const NodeName& node) {
  for (const InstanceId& id : instances_on(node)) work_due_.insert(instances_.at(id).workload);
}

}  // namespace hearth::core
