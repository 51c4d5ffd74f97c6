#include "core/history/workload_conditions.h"

#include <fmt/format.h>

namespace hearth::core {
namespace {

/// How many ready instances a workload is to have.
std::uint32_t wanted_of(const Workload& workload) {
  switch (workload.phase) {
    case WorkloadPhase::kBuilding:
    case WorkloadPhase::kRollingOut:
    case WorkloadPhase::kDeployed:
    case WorkloadPhase::kFailed: return workload.current ? workload.current->spec.instances : 0;
    case WorkloadPhase::kStopped:
    case WorkloadPhase::kRemoving:
    case WorkloadPhase::kRemoved: return 0;
  }
  HEARTH_CHECK(false);
}

}  // namespace

WorkloadConditions::WorkloadConditions(const WorkloadCatalog& workloads,
                                       const InstanceTable& instances)
    : workloads_(workloads), instances_(instances) {
  for (const auto& [name, workload] : workloads_.rows()) {
    const Condition condition = condition_of(workload);
    if (condition != Condition::kUnwanted) conditions_.emplace(name, condition);
  }
}

Condition WorkloadConditions::condition_of(const Workload& workload) const {
  const std::uint32_t wanted = wanted_of(workload);
  if (wanted == 0) return Condition::kUnwanted;
  std::uint32_t ready = 0;
  for (const InstanceId& id : instances_.of_workload(workload.name))
    ready += instances_.instance(id).is_ready() ? 1 : 0;
  if (ready >= wanted) return Condition::kAvailable;
  return ready > 0 ? Condition::kReduced : Condition::kUnavailable;
}

std::optional<HistoryEntry> WorkloadConditions::review(const WorkloadName& name,
                                                       const std::string& cause, WallTime now) {
  const Workload& workload = workloads_.record(name);
  const Condition condition = condition_of(workload);
  const auto known = conditions_.find(name);
  if (condition == (known == conditions_.end() ? Condition::kUnwanted : known->second))
    return std::nullopt;
  if (condition == Condition::kUnwanted) {
    conditions_.erase(known);
  } else {
    conditions_.insert_or_assign(name, condition);
  }
  HistoryEntry entry{.workload = name, .at = now, .condition = condition};
  if (const Release* target = workload.target()) entry.generation = target->generation;
  entry.cause = cause.empty() ? fmt::format("the workload is {}", name_of(workload.phase)) : cause;
  return entry;
}

}  // namespace hearth::core
