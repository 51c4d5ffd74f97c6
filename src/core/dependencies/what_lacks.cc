#include "core/dependencies/what_lacks.h"

#include <algorithm>

#include <fmt/format.h>

namespace hearth::core {
namespace {

bool was_started(const InstanceStatus& status) {
  return status.state == InstanceState::kRunning || status.state == InstanceState::kCompleted;
}

bool is_there(const Dependency& dependency, const Workload& workload, const Instance& instance) {
  if (instance.desired_state != DesiredState::kRun) return false;
  const bool must_only_start = dependency.until == Dependency::Until::kStarted;
  if (workload.latest().spec.kind != WorkloadKind::kOneshot)
    return must_only_start ? was_started(instance.status) : instance.is_ready();
  if (instance.generation != workload.latest().generation) return false;
  return must_only_start ? was_started(instance.status)
                         : instance.status.state == InstanceState::kCompleted;
}

}  // namespace

std::string what_lacks(const Dependency& dependency, const Workload* workload,
                       const std::vector<const Instance*>& instances) {
  const std::string& name = dependency.workload.str();
  if (workload == nullptr || workload->phase == WorkloadPhase::kRemoving)
    return fmt::format("'{}', which is not deployed", name);
  if (workload->phase == WorkloadPhase::kStopped)
    return fmt::format("'{}', which is stopped", name);
  const bool is_met = std::any_of(instances.begin(), instances.end(), [&](const Instance* one) {
    return is_there(dependency, *workload, *one);
  });
  if (is_met) return {};
  if (dependency.until == Dependency::Until::kStarted)
    return fmt::format("'{}' to be started", name);
  const bool ends = workload->latest().spec.kind == WorkloadKind::kOneshot;
  return fmt::format("'{}' to {}", name, ends ? "complete" : "be ready");
}

std::string what_lacks(
    const std::vector<Dependency>& after, const std::map<WorkloadName, Workload>& workloads,
    const std::function<std::vector<const Instance*>(const WorkloadName&)>& instances_of) {
  std::string words;
  for (const Dependency& one : after) {
    const auto found = workloads.find(one.workload);
    const Workload* workload = found == workloads.end() ? nullptr : &found->second;
    const std::string lacks = what_lacks(one, workload, instances_of(one.workload));
    if (!lacks.empty()) words += (words.empty() ? "" : " and ") + lacks;
  }
  return words;
}

}  // namespace hearth::core
