#include "core/start_order/start_order.h"

#include <fmt/format.h>

#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

bool was_started(const InstanceStatus& status) {
  switch (status.state) {
    case InstanceState::kRunning:
    case InstanceState::kPaused:
    case InstanceState::kCompleted:
    case InstanceState::kFailed: return true;
    case InstanceState::kPending:
    case InstanceState::kAssigned:
    case InstanceState::kFetching:
    case InstanceState::kStarting:
    case InstanceState::kStaged:
    case InstanceState::kBackoff:
    case InstanceState::kCrashLoop:
    case InstanceState::kStopping:
    case InstanceState::kLost: return false;
  }
  return false;
}

bool is_ready(const InstanceStatus& status) {
  if (status.state == InstanceState::kCompleted) return true;
  const bool is_well = status.health == Health::kReady || status.health == Health::kUnknown;
  return status.state == InstanceState::kRunning && is_well;
}

/// In words that follow "waits for"; empty: it is there, or not of this node.
std::string lacks(const Dependency& dependency,
                  const std::map<InstanceId, StartOrder::Seen>& seen) {
  const bool must_be_ready = dependency.until == Dependency::Until::kReady;
  bool is_here = false;
  for (const auto& [id, one] : seen) {
    if (one.workload != dependency.workload) continue;
    is_here = true;
    if (must_be_ready ? is_ready(one.status) : was_started(one.status)) return {};
  }
  if (!is_here) return {};
  return fmt::format("'{}' to be {}", dependency.workload.str(), name_of(dependency.until));
}

}  // namespace

AssignedInstance StartOrder::admit(const AssignedInstance& instance) {
  const bool may_start = instance.after.empty() || state_.started.contains(instance.id) ||
                         instance.desired_state != DesiredState::kRun;
  if (may_start) {
    state_.held.erase(instance.id);
    return instance;
  }
  state_.held.try_emplace(instance.id, Held{.instance = instance}).first->second.instance =
      instance;
  AssignedInstance staged = instance;
  staged.desired_state = DesiredState::kStage;
  return staged;
}

void StartOrder::keep_only(const std::set<InstanceId>& assigned) {
  std::erase_if(state_.held, [&](const auto& one) { return !assigned.contains(one.first); });
  std::erase_if(state_.started, [&](const InstanceId& id) { return !assigned.contains(id); });
}

std::vector<StartOrder::Released> StartOrder::tend(const std::map<InstanceId, Seen>& seen,
                                                   MonoTime now) {
  std::vector<Released> released;
  for (auto& [id, held] : state_.held) {
    std::string lacking;
    for (const Dependency& one : held.instance.after) {
      const std::string words = lacks(one, seen);
      if (!words.empty()) lacking += (lacking.empty() ? "" : " and ") + words;
    }
    const auto self = seen.find(id);
    const bool has_run = self != seen.end() && was_started(self->second.status);
    if (has_run) lacking.clear();
    if (!held.until) held.until = now + kHoldMax;
    if (lacking.empty() || now >= *held.until) {
      released.push_back({.instance = held.instance, .lacking = std::move(lacking)});
    } else {
      held.reason = "it waits for " + lacking;
    }
  }
  for (const Released& one : released) {
    state_.held.erase(one.instance.id);
    state_.started.insert(one.instance.id);
  }
  return released;
}

const StartOrder::Held* StartOrder::find(const InstanceId& id) const {
  const auto found = state_.held.find(id);
  return found == state_.held.end() ? nullptr : &found->second;
}

std::optional<MonoTime> StartOrder::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [id, held] : state_.held) next = earlier(next, held.until);
  return next;
}

}  // namespace hearth::core
