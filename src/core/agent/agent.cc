#include "core/agent/agent.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
Agent::Agent(AgentSettings settings, std::optional<Assignment> stored, std::uint64_t seed,
             Instant now)
    : settings_(std::move(settings)),
      prng_(seed),
      now_(now),
      intake_(settings_.node, std::move(stored), now.mono),
      supply_(settings_.incarnation.start_count),
      reporter_({.incarnation = settings_.incarnation,
                 .agent_port = settings_.agent_port,
                 .heartbeat_interval = settings_.heartbeat_interval},
                now.mono) {
  if (intake_.in_force()) adopt();
}

std::vector<AgentAction> Agent::step(const AgentEvent& event, Instant now) {
  HEARTH_CHECK(now.mono >= now_.mono);
  now_ = now;
  ++step_;
  actions_.clear();
  std::visit([this](const auto& one) { visit(one); }, event);
  if (std::optional<Assignment> due = intake_.tend(now_.mono)) act(SaveAssignment{*std::move(due)});
  if (std::optional<std::uint64_t> due = inventory_.tend({step_, now_.mono}))
    act(TakeInventory{*due});
  tend_slots();
  if (may_act()) {
    act(supply_.tend(now_.mono, operation_ids_));
  } else {
    supply_.rest(now_.mono);
  }
  if (std::optional<Heartbeat> due = reporter_.tend(node_status(), now_.mono))
    act(SendStatus{*std::move(due)});
  return std::move(actions_);
}

MonoTime Agent::next_deadline() const {
  MonoTime next = reporter_.next_deadline().value();
  const auto consider = [&](std::optional<MonoTime> other) {
    if (other && *other > now_.mono) next = std::min(next, *other);
  };
  consider(intake_.next_deadline());
  consider(inventory_.next_deadline());
  for (const auto& [id, slot] : slots_) {
    consider(slot.restart.next_start());
    consider(slot.next_clearing);
  }
  consider(supply_.next_deadline());
  return next;
}

void Agent::act(std::vector<ImageAction> actions) {
  for (ImageAction& action : actions)
    std::visit([this](auto& one) { act(std::move(one)); }, action);
}

void Agent::visit(const AgentTicked&) {}

void Agent::visit(const AssignmentReceived& event) {
  intake_.on_received(event.assignment, now_.mono);
}

void Agent::visit(const AssignmentsCaughtUp&) {
  intake_.on_caught_up(now_.mono);
}

void Agent::visit(const AssignmentSaved& event) {
  if (intake_.on_saved(event.number, event.outcome, now_.mono)) adopt();
}

void Agent::visit(const EngineFound&) {
  inventory_.on_found(now_.mono);
}

void Agent::visit(const EngineLost& event) {
  inventory_.on_lost(event.reason);
}

void Agent::visit(const InventoryTaken& event) {
  const std::optional<Listing> listing =
      inventory_.on_listed(event.number, event.inventory, now_.mono);
  if (!listing) return;
  take_listing(*listing);
  if (supply_.on_listed(*listing)) inventory_.list_again(now_.mono);
}

void Agent::visit(const LoadSampled& event) {
  reporter_.on_load(event.load);
}

void Agent::visit(const StatusDropped&) {
  reporter_.on_dropped();
}

/// Another assignment is in force.
void Agent::adopt() {
  const Assignment& assignment = *intake_.in_force();
  reporter_.on_interval(assignment.heartbeat_interval, now_.mono);
  for (auto& [id, slot] : slots_) slot.wish.reset();
  for (const AssignedInstance& instance : assignment.instances)
    slot_of(instance.id).wish = instance;
  act(supply_.on_assignment(assignment));
}

bool Agent::may_act() const {
  return inventory_.is_usable() && intake_.may_act();
}

NodeStatus Agent::node_status() const {
  return {.applied = intake_.applied(), .report = report()};
}

Report Agent::report() const {
  Report report;
  for (const auto& [id, slot] : slots_) {
    InstanceStatus status = slot.status;
    if (status.state == InstanceState::kAssigned) {
      // Nothing is known of it yet: to say so would undo what is known of it from before our start.
      // A container that must go is known, though nothing was done about it yet.
      const bool must_go = intake_.in_force() && !slot.wish && !slot.containers.empty();
      if (!must_go) continue;
      status.state = InstanceState::kStopping;
      status.container = slot.containers.begin()->first;
    }
    report.instances.emplace(id, std::move(status));
    if (slot.wish) {
      report.workloads.emplace(id, slot.wish->workload);
    } else if (!slot.containers.empty()) {
      report.workloads.emplace(id, slot.containers.begin()->second.workload);
    }
  }
  report.images = supply_.images();
  report.builds = supply_.build_statuses();
  report.capacity = settings_.capacity;
  report.problem = problem();
  return report;
}

std::string Agent::problem() const {
  const std::string problem = inventory_.problem();
  return problem.empty() ? intake_.problem() : problem;
}

Heartbeat Agent::status() const {
  return reporter_.answer(node_status(), now_.mono);
}

ContainerId Agent::container_of(const InstanceId& instance) const {
  const auto found = slots_.find(instance);
  return found == slots_.end() ? ContainerId{} : found->second.status.container;
}

}  // namespace hearth::core
