#include "core/history/instance_entry.h"

#include <string>

#include "base/shortened.h"
#include "model/exit_words.h"

namespace hearth::core {
namespace {

bool is_worth_noting(const Instance& before, const Instance& after) {
  return condition_of(before.status) != condition_of(after.status) ||
         before.status.container != after.status.container || before.node != after.node;
}

/// Why it came to be what it is, in words.
std::string cause_of(const std::optional<Instance>& before, const Instance& after) {
  if (!after.status.reason.empty()) return after.status.reason;
  const bool has_ended =
      before && after.status.last_exit && before->status.last_exit != after.status.last_exit;
  if (has_ended) return describe(*after.status.last_exit);
  if (!after.status.health_reason.empty()) return after.status.health_reason;
  if (after.desired_state == DesiredState::kStop) return "it is to stop";
  if (!before && after.replaces) return "it replaces '" + after.replaces->str() + "'";
  return {};
}

}  // namespace

std::optional<HistoryEntry> entry_of(const InstanceChange& change, WallTime now) {
  const Instance& instance = change.either();
  if (change.before && change.after && !is_worth_noting(*change.before, *change.after))
    return std::nullopt;
  HistoryEntry entry{.workload = instance.workload,
                     .instance = instance.id,
                     .at = now,
                     .condition = Condition::kGone,
                     .node = instance.node,
                     .container = instance.status.container,
                     .generation = instance.generation};
  if (change.after) {
    entry.condition = condition_of(change.after->status);
    entry.cause = shortened(cause_of(change.before, *change.after), kHistoryCauseBytesMax);
  }
  return entry;
}

}  // namespace hearth::core
