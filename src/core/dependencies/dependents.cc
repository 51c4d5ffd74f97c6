#include "core/dependencies/dependents.h"

#include <utility>

namespace hearth::core {

void Dependents::follow(const Workload& workload) {
  std::set<WorkloadName> needs;
  if (workload.phase != WorkloadPhase::kRemoved) {
    for (const std::optional<Release>* release : {&workload.current, &workload.next}) {
      if (!*release) continue;
      for (const Dependency& one : (*release)->spec.after) needs.insert(one.workload);
    }
  }
  const auto known = needs_.find(workload.name);
  if (known != needs_.end() ? known->second == needs : needs.empty()) return;
  if (known != needs_.end()) {
    for (const WorkloadName& one : known->second) {
      const auto found = needed_by_.find(one);
      found->second.erase(workload.name);
      if (found->second.empty()) needed_by_.erase(found);
    }
    needs_.erase(known);
  }
  for (const WorkloadName& one : needs) needed_by_[one].insert(workload.name);
  if (!needs.empty()) needs_.emplace(workload.name, std::move(needs));
}

const std::set<WorkloadName>& Dependents::of(const WorkloadName& workload) const {
  static const std::set<WorkloadName> kNone;
  const auto found = needed_by_.find(workload);
  return found == needed_by_.end() ? kNone : found->second;
}

}  // namespace hearth::core
