#include "core/dependencies/cycle.h"

#include <algorithm>
#include <deque>

namespace hearth::core {
namespace {

std::vector<WorkloadName> needs_of(const Workload& workload) {
  std::vector<WorkloadName> needs;
  if (workload.phase == WorkloadPhase::kRemoving) return needs;
  for (const std::optional<Release>* release : {&workload.current, &workload.next}) {
    if (!*release) continue;
    for (const Dependency& one : (*release)->spec.after) needs.push_back(one.workload);
  }
  return needs;
}

}  // namespace

std::vector<WorkloadName> find_cycle(const WorkloadName& name, const std::vector<Dependency>& after,
                                     const std::map<WorkloadName, Workload>& workloads) {
  std::map<WorkloadName, WorkloadName> needed_by;  // The shortest way back to `name`.
  std::deque<WorkloadName> to_visit;
  const auto reach = [&](const WorkloadName& one, const WorkloadName& from) {
    if (needed_by.emplace(one, from).second) to_visit.push_back(one);
  };
  for (const Dependency& one : after) reach(one.workload, name);
  while (!to_visit.empty() && !needed_by.contains(name)) {
    const WorkloadName one = to_visit.front();
    to_visit.pop_front();
    const auto found = workloads.find(one);
    if (found == workloads.end()) continue;
    for (const WorkloadName& next : needs_of(found->second)) reach(next, one);
  }
  std::vector<WorkloadName> cycle;
  if (!needed_by.contains(name)) return cycle;
  cycle.push_back(name);
  for (WorkloadName at = needed_by.at(name); at != name; at = needed_by.at(at)) cycle.push_back(at);
  cycle.push_back(name);
  std::reverse(cycle.begin(), cycle.end());
  return cycle;
}

std::string show_cycle(const std::vector<WorkloadName>& cycle) {
  std::string words;
  for (const WorkloadName& one : cycle) words += (words.empty() ? "" : " → ") + one.str();
  return words;
}

}  // namespace hearth::core
