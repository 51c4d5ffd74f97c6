#include "core/rollout/rollout.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {
namespace {

bool is_kept(const Instance& instance) {
  return instance.desired_state != DesiredState::kStop;
}

/// Why the release of this instance has failed; empty if it has not.
std::string fault_of(const Instance& instance, const Release& release) {
  const InstanceStatus& status = instance.status;
  if (!instance.node || status.state == InstanceState::kLost) return {};
  // No other node can have the container that is to be adopted.
  const bool cannot_adopt = release.spec.instance.adopted && status.cannot_start;
  const bool has_failed =
      status.failures > 0 || status.state == InstanceState::kFailed || cannot_adopt;
  const bool is_degraded = status.health == Health::kDegraded;
  if (!has_failed && !is_degraded) return {};
  std::string why = is_degraded ? status.health_reason : status.reason;
  if (why.empty() && status.last_exit) {
    why = fmt::format("it exited with code {}", status.last_exit->code);
  }
  const ContainerId& container = status.failures > 0 && !status.failed_container.empty()
                                     ? status.failed_container
                                     : status.container;
  return fmt::format("'{}' on '{}'{} failed: {}", instance.id.str(), instance.node->str(),
                     container.empty() ? "" : " in container " + container.str().substr(0, 12),
                     why.empty() ? "it ended" : why);
}

}  // namespace

bool is_rolling_out(const Workload& workload) {
  const bool first_goes_on =
      workload.phase == WorkloadPhase::kFailed && workload.current && !workload.next;
  return workload.phase == WorkloadPhase::kRollingOut || first_goes_on;
}

std::uint32_t wanted_instances(const Workload& workload,
                               const std::vector<const Instance*>& instances) {
  switch (workload.phase) {
    case WorkloadPhase::kStopped:
    case WorkloadPhase::kRemoving:
    case WorkloadPhase::kRemoved: return 0;
    case WorkloadPhase::kBuilding:
    case WorkloadPhase::kRollingOut:
    case WorkloadPhase::kDeployed:
    case WorkloadPhase::kFailed: break;
  }
  const Release* target = workload.target();
  if (target == nullptr) return 0;
  HEARTH_CHECK(workload.current);  // A target replaces it, or is it.
  const Release& current = *workload.current;
  if (target == &current) return target->spec.instances;
  std::uint32_t ready = 0;
  bool has_other = false;
  for (const Instance* instance : instances) {
    if (!is_kept(*instance)) continue;
    const bool is_target = instance->generation == target->generation;
    has_other = has_other || !is_target;
    if (is_target && instance->is_ready()) ++ready;
  }
  const bool is_reached = !has_other || ready >= target->spec.instances;
  return is_reached ? target->spec.instances : current.spec.instances;
}

RolloutVerdict judge_rollout(const Workload& workload,
                             const std::vector<const Instance*>& instances) {
  using Kind = RolloutVerdict::Kind;
  if (!is_rolling_out(workload)) return {};
  const Release& target = *workload.target();
  std::uint32_t ready = 0;
  bool has_other = false;
  for (const Instance* instance : instances) {
    if (!is_kept(*instance)) continue;
    if (instance->generation != target.generation) {
      has_other = true;
      continue;
    }
    if (instance->is_ready()) ++ready;
    if (workload.phase != WorkloadPhase::kRollingOut) continue;
    std::string fault = fault_of(*instance, target);
    if (!fault.empty()) return {.kind = Kind::kFailed, .reason = std::move(fault)};
  }
  if (has_other || ready < target.spec.instances) return {};
  return {.kind = Kind::kDone, .reason = {}};
}

}  // namespace hearth::core
