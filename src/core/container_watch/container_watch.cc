#include "core/container_watch/container_watch.h"

namespace hearth::core {

std::vector<WatchAction> ContainerWatch::take(const ContainerId& container,
                                              const AssignedInstance& instance,
                                              std::vector<DueCheck> checks, MonoTime now) {
  std::vector<WatchAction> watches;
  const std::vector<LogRule>& rules = instance.spec.log_rules;
  if (!rules.empty() && state_.followed != container) {
    state_.followed = container;
    watches.emplace_back(FollowLog{container, instance.id, rules});
  }
  if (state_.inspected != container && now >= state_.next_inspection) {
    state_.next_inspection = now + kInspectionRetry;
    watches.emplace_back(InspectContainer{container, instance.id});
  }
  for (DueCheck& due : checks) {
    watches.emplace_back(
        RunCheck{container, instance.id, instance.spec.container.network, std::move(due)});
  }
  return watches;
}

std::optional<MonoTime> ContainerWatch::next_deadline(const ContainerId& container,
                                                      MonoTime now) const {
  const bool is_awaited = state_.inspected != container && state_.next_inspection > now;
  return is_awaited ? std::optional(state_.next_inspection) : std::nullopt;
}

}  // namespace hearth::core
