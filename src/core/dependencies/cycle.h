#pragma once

#include <map>
#include <string>
#include <vector>

#include "model/workload.h"

namespace hearth::core {

/// The workloads that would wait for each other if `name` had the dependencies `after`: from `name`
/// along each one's dependency back to `name`. Empty: none would.
///
/// Of the others all releases count that run or may run next, since a roll-out can end either way.
std::vector<WorkloadName> find_cycle(const WorkloadName& name, const std::vector<Dependency>& after,
                                     const std::map<WorkloadName, Workload>& workloads);

/// "a → b → a".
std::string show_cycle(const std::vector<WorkloadName>& cycle);

}  // namespace hearth::core
