#pragma once

#include <map>
#include <optional>
#include <string>

#include "base/time.h"
#include "core/instances/instance_table.h"
#include "core/workloads/workload_catalog.h"
#include "model/history.h"

namespace hearth::core {

/// The condition of each workload, as the history has it.
///
/// It follows from the tables alone, whose records are committed together with the entries. So a
/// manager that starts knows by its records what the last entry says, and writes none again. An
/// instance that is ready counts whatever its release, and also while it is to stop. Sans-io, not
/// thread-safe.
class WorkloadConditions {
 public:
  /// The conditions that the tables give. Both outlive this.
  WorkloadConditions(const WorkloadCatalog& workloads, const InstanceTable& instances);

  /// Looks at a workload again. Returns the entry to write if its condition changed, because of
  /// `cause`.
  std::optional<HistoryEntry> review(const WorkloadName& name, const std::string& cause,
                                     WallTime now);

  bool operator==(const WorkloadConditions& other) const {
    return conditions_ == other.conditions_;
  }

 private:
  Condition condition_of(const Workload& workload) const;

  const WorkloadCatalog& workloads_;
  const InstanceTable& instances_;
  std::map<WorkloadName, Condition> conditions_;  ///< Without those that are unwanted.
};

}  // namespace hearth::core
