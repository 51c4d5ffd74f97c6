#pragma once

#include <map>
#include <set>

#include "model/workload.h"

namespace hearth::core {

/// Which workloads name another one as a dependency, in a release that runs or may run next.
///
/// Everything follows from the workloads, so there is no state to save. Sans-io, not thread-safe.
class Dependents {
 public:
  /// Applies the present record of `workload`, or what is left of a removed one.
  void follow(const Workload& workload);

  const std::set<WorkloadName>& of(const WorkloadName& workload) const;

  bool operator==(const Dependents&) const = default;

 private:
  std::map<WorkloadName, std::set<WorkloadName>> needs_;
  std::map<WorkloadName, std::set<WorkloadName>> needed_by_;
};

}  // namespace hearth::core
