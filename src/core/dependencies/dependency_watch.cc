#include "core/dependencies/dependency_watch.h"

#include <algorithm>

#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<DependencyWatch>);

}  // namespace

bool DependencyWatch::note_wait(const InstanceId& id, const WorkloadName& workload, MonoTime now) {
  const auto entry =
      state_.waits.try_emplace(id, Wait{.workload = workload, .until = now + kWaitMax}).first;
  return entry->second.is_over;
}

std::set<WorkloadName> DependencyWatch::on_tick(MonoTime now) {
  std::set<WorkloadName> over;
  for (auto& [id, wait] : state_.waits) {
    if (wait.is_over || now < wait.until) continue;
    wait.is_over = true;
    over.insert(wait.workload);
  }
  return over;
}

std::optional<WorkloadName> DependencyWatch::restart_of(const WorkloadName& workload) const {
  const auto found = state_.restarts.find(workload);
  return found == state_.restarts.end() ? std::nullopt : std::optional(found->second);
}

std::optional<MonoTime> DependencyWatch::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [id, wait] : state_.waits) {
    if (!wait.is_over) next = earlier(next, wait.until);
  }
  return next;
}

void DependencyWatch::on_stall(Duration lateness, MonoTime) {
  for (auto& [id, wait] : state_.waits) wait.until += lateness;
}

void DependencyWatch::on_bus_restored(MonoTime now) {
  for (auto& [id, wait] : state_.waits) wait.until = std::max(wait.until, now + kLookAgain);
}

}  // namespace hearth::core
