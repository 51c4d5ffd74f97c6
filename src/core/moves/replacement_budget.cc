#include "core/moves/replacement_budget.h"

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {

std::size_t ReplacementBudget::left(const WorkloadName& workload) const {
  const auto found = state_.spent.find(workload);
  return kReplacementsMax - (found == state_.spent.end() ? 0 : found->second.size());
}

std::optional<MonoTime> ReplacementBudget::next_refill(const WorkloadName& workload) const {
  const auto found = state_.spent.find(workload);
  if (found == state_.spent.end()) return std::nullopt;
  return found->second.front() + kWindow;
}

void ReplacementBudget::spend(const WorkloadName& workload, MonoTime now) {
  HEARTH_CHECK(allows(workload));
  state_.spent[workload].push_back(now);
}

std::set<WorkloadName> ReplacementBudget::on_tick(MonoTime now) {
  std::set<WorkloadName> allowed;
  for (auto& [workload, spent] : state_.spent) {
    const bool was_allowed = spent.size() < kReplacementsMax;
    while (!spent.empty() && spent.front() + kWindow <= now) spent.pop_front();
    if (!was_allowed && spent.size() < kReplacementsMax) allowed.insert(workload);
  }
  std::erase_if(state_.spent, [](const auto& entry) { return entry.second.empty(); });
  return allowed;
}

std::optional<MonoTime> ReplacementBudget::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [workload, spent] : state_.spent) next = earlier(next, spent.front() + kWindow);
  return next;
}

void ReplacementBudget::check_invariants() const {
  for (const auto& [workload, spent] : state_.spent) {
    HEARTH_CHECK(!spent.empty() && spent.size() <= kReplacementsMax);
  }
}

}  // namespace hearth::core
