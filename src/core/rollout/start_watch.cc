#include "core/rollout/start_watch.h"

#include <algorithm>

#include "base/check.h"
#include "core/timed/timed_part.h"

namespace hearth::core {
namespace {

/// Whether its node fails to start it, or says nothing about it.
bool fails_to_start(const Instance* instance) {
  if (instance == nullptr || !instance->node || instance->desired_state != DesiredState::kRun) {
    return false;
  }
  const InstanceStatus& status = instance->status;
  return status.state == InstanceState::kAssigned || status.cannot_start;
}

}  // namespace

StartWatch::StartWatch(State state) : state_(std::move(state)) {
  for (const auto& [id, failing] : state_.failing) {
    if (!failing.is_overdue) due_.emplace(failing.due, id);
  }
}

/// How much of a fetch so far may have been silence.
Duration StartWatch::note_fetching(const InstanceId& id, const Instance* instance, MonoTime now) {
  const bool fetches = instance != nullptr && instance->status.state == InstanceState::kFetching &&
                       instance->desired_state == DesiredState::kRun;
  if (!fetches) {
    state_.fetching.erase(id);
    return Duration(0);
  }
  const MonoTime since = state_.fetching.try_emplace(id, now).first->second;
  return std::min(now - since, kFetchSilence);
}

void StartWatch::follow(const Instance* before, const Instance* after, Duration placement_deadline,
                        MonoTime now) {
  const Instance* either = after != nullptr ? after : before;
  HEARTH_CHECK(either != nullptr);
  const auto known = state_.failing.find(either->id);
  const Duration silent = note_fetching(either->id, after, now);
  if (!fails_to_start(after)) {
    if (known == state_.failing.end()) return;
    due_.erase({known->second.due, either->id});
    state_.failing.erase(known);
    return;
  }
  const auto [entry, is_new] = state_.failing.try_emplace(
      after->id, Failing{.workload = after->workload,
                         .generation = after->generation,
                         .node = after->placed_on(),
                         .reason = {},
                         .due = now + std::max(Duration(0), placement_deadline - silent)});
  entry->second.reason = after->status.reason;
  if (is_new) due_.emplace(entry->second.due, after->id);
}

std::set<WorkloadName> StartWatch::on_tick(const std::function<bool(const NodeName&)>& is_live,
                                           MonoTime now) {
  std::set<WorkloadName> overdue;
  while (!due_.empty() && due_.begin()->first <= now) {
    const InstanceId id = due_.extract(due_.begin()).value().second;
    Failing& failing = state_.failing.at(id);
    if (!is_live(failing.node)) {
      failing.due = now + kLookAgain;
      due_.emplace(failing.due, id);
      continue;
    }
    failing.is_overdue = true;
    state_.avoided[failing.workload].insert_or_assign(failing.node,
                                                      Avoided{.generation = failing.generation,
                                                              .until = now + kAvoidedFor,
                                                              .reason = failing.reason});
    overdue.insert(failing.workload);
  }
  for (auto& [workload, nodes] : state_.avoided) {
    std::erase_if(nodes, [&](const auto& one) { return one.second.until <= now; });
  }
  std::erase_if(state_.avoided, [](const auto& one) { return one.second.empty(); });
  return overdue;
}

bool StartWatch::is_overdue(const InstanceId& id) const {
  const auto found = state_.failing.find(id);
  return found != state_.failing.end() && found->second.is_overdue;
}

std::map<NodeName, std::string> StartWatch::avoided(const WorkloadName& workload,
                                                    Generation generation) const {
  std::map<NodeName, std::string> nodes;
  const auto found = state_.avoided.find(workload);
  if (found == state_.avoided.end()) return nodes;
  for (const auto& [node, avoided] : found->second) {
    if (avoided.generation == generation) nodes.emplace(node, avoided.reason);
  }
  return nodes;
}

std::optional<MonoTime> StartWatch::next_deadline() const {
  std::optional<MonoTime> next;
  if (!due_.empty()) next = due_.begin()->first;
  for (const auto& [workload, nodes] : state_.avoided) {
    for (const auto& [node, avoided] : nodes) next = earlier(next, avoided.until);
  }
  return next;
}

template <class PutOff>
void StartWatch::put_off(const PutOff& put_off) {
  due_.clear();
  for (auto& [id, failing] : state_.failing) {
    if (failing.is_overdue) continue;
    failing.due = put_off(failing.due);
    due_.emplace(failing.due, id);
  }
}

void StartWatch::on_stall(Duration lateness, MonoTime) {
  put_off([&](MonoTime due) { return due + lateness; });
}

void StartWatch::on_bus_restored(MonoTime now) {
  put_off([&](MonoTime due) { return std::max(due, now + kLookAgain); });
}

void StartWatch::check_invariants() const {
  for (const auto& [workload, nodes] : state_.avoided) HEARTH_CHECK(!nodes.empty());
  for (const auto& [due, id] : due_) {
    const auto found = state_.failing.find(id);
    HEARTH_CHECK(found != state_.failing.end() && found->second.due == due);
    HEARTH_CHECK(!found->second.is_overdue);
  }
}

}  // namespace hearth::core
