#include "core/builds/build_watch.h"

#include <algorithm>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

static_assert(TimedPart<BuildWatch>);

}  // namespace

bool BuildWatch::on_status(const Workload& workload, const BuildStatus& status, MonoTime now) {
  HEARTH_CHECK(workload.build_node);
  if (status.state != BuildState::kRunning || status.reason.empty()) {
    const bool was_overdue = overdue(workload.name) != nullptr;
    state_.failing.erase(workload.name);
    return was_overdue;
  }
  const Duration patience = std::max(workload.latest().spec.placement_deadline, kPatienceMin);
  const auto [entry, is_new] =
      state_.failing.try_emplace(workload.name, Failing{.generation = status.generation,
                                                        .builder = *workload.build_node,
                                                        .reason = {},
                                                        .due = now + patience});
  entry->second.reason = status.reason;
  return false;
}

void BuildWatch::follow(const Workload& workload) {
  const auto failing = state_.failing.find(workload.name);
  const auto avoided = state_.avoided.find(workload.name);
  const bool builds = workload.phase == WorkloadPhase::kBuilding;
  const auto is_of = [&](Generation generation) {
    return builds && workload.latest().generation == generation;
  };
  if (failing != state_.failing.end() &&
      !(is_of(failing->second.generation) && workload.build_node == failing->second.builder)) {
    state_.failing.erase(failing);
  }
  if (avoided != state_.avoided.end() && !is_of(avoided->second.generation))
    state_.avoided.erase(avoided);
}

bool BuildWatch::on_tick(const std::function<bool(const NodeName&)>& is_live, MonoTime now) {
  bool is_any = false;
  for (auto& [name, failing] : state_.failing) {
    if (failing.is_overdue || now < failing.due) continue;
    if (!is_live(failing.builder)) {
      failing.due = now + kLookAgain;
      continue;
    }
    failing.is_overdue = is_any = true;
    Avoided& avoided = state_.avoided[name];
    avoided.generation = failing.generation;
    avoided.nodes.insert_or_assign(failing.builder, failing.reason);
  }
  return is_any;
}

const BuildWatch::Failing* BuildWatch::overdue(const WorkloadName& workload) const {
  const auto found = state_.failing.find(workload);
  return found != state_.failing.end() && found->second.is_overdue ? &found->second : nullptr;
}

const std::map<NodeName, std::string>& BuildWatch::avoided(const WorkloadName& workload) const {
  static const std::map<NodeName, std::string> kNone;
  const auto found = state_.avoided.find(workload);
  return found == state_.avoided.end() ? kNone : found->second.nodes;
}

std::optional<MonoTime> BuildWatch::next_deadline() const {
  std::optional<MonoTime> next;
  for (const auto& [name, failing] : state_.failing) {
    if (!failing.is_overdue) next = earlier(next, failing.due);
  }
  return next;
}

void BuildWatch::on_stall(Duration lateness, MonoTime) {
  for (auto& [name, failing] : state_.failing) failing.due += lateness;
}

void BuildWatch::on_bus_restored(MonoTime now) {
  for (auto& [name, failing] : state_.failing)
    failing.due = std::max(failing.due, now + kLookAgain);
}

void BuildWatch::check_invariants() const {
  for (const auto& [name, failing] : state_.failing) {
    HEARTH_CHECK(!failing.reason.empty());
    if (!failing.is_overdue) continue;
    const auto avoided = state_.avoided.find(name);
    HEARTH_CHECK(avoided != state_.avoided.end());
    HEARTH_CHECK(avoided->second.generation == failing.generation);
    HEARTH_CHECK(avoided->second.nodes.contains(failing.builder));
  }
}

}  // namespace hearth::core
