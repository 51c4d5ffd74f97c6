#include "sim/start_checker.h"

#include <algorithm>
#include <optional>

#include <fmt/format.h>

#include "core/dependencies/dependency_watch.h"
#include "core/start_order/start_order.h"

namespace hearth::sim {
namespace {

const Release* release_of(const StoredState& store, const Instance& instance) {
  const auto found = store.workloads().find(instance.workload);
  return found == store.workloads().end() ? nullptr
                                          : found->second.find_release(instance.generation);
}

bool has_run(InstanceState state) {
  return state == InstanceState::kRunning || state == InstanceState::kPaused ||
         state == InstanceState::kCompleted || state == InstanceState::kFailed;
}

bool is_there(const StoredState& store, const Dependency& dependency) {
  const auto workload = store.workloads().find(dependency.workload);
  if (workload == store.workloads().end()) return false;
  const bool is_job = workload->second.latest().spec.kind == WorkloadKind::kOneshot;
  const bool must_be_ready = dependency.until == Dependency::Until::kReady;
  return std::ranges::any_of(store.instances(), [&](const auto& entry) {
    const Instance& one = entry.second;
    if (one.workload != dependency.workload || one.desired_state != DesiredState::kRun)
      return false;
    if (is_job && one.generation != workload->second.latest().generation) return false;
    if (!must_be_ready) return has_run(one.status.state);
    return is_job ? one.status.state == InstanceState::kCompleted : one.is_ready();
  });
}

/// Whether it is, and will be.
bool is_live(const StoredState& store, const std::vector<Write>& writes, const NodeName& node) {
  const bool ceases = std::ranges::any_of(writes, [&](const Write& write) {
    const auto* put = std::get_if<PutNode>(&write);
    return put != nullptr && put->node.name == node && put->node.state != NodeState::kLive;
  });
  return !ceases && store.nodes().at(node).state == NodeState::kLive;
}

/// The placed instance that is to run from now on; nullptr: none is.
const Instance* begins(const StoredState& before, const Write& write) {
  const auto* put = std::get_if<PutInstance>(&write);
  if (put == nullptr || !put->instance.node || put->instance.desired_state != DesiredState::kRun)
    return nullptr;
  const auto known = before.instances().find(put->instance.id);
  const bool began = known != before.instances().end() && known->second.node &&
                     known->second.desired_state == DesiredState::kRun;
  // What is held (an adopted container) was there before, and is only started again.
  const bool was_held = known != before.instances().end() && known->second.node &&
                        known->second.desired_state == DesiredState::kStage &&
                        !known->second.replaces;
  return began || was_held ? nullptr : &put->instance;
}

}  // namespace

void StartChecker::on_batch(const core::ManagerBatch& batch) {
  for (const Write& write : batch.writes) {
    if (const auto* workload = std::get_if<PutWorkload>(&write)) note_release(workload->workload);
    const auto* put = std::get_if<PutInstance>(&write);
    if (put == nullptr) continue;
    if (put->instance.is_ready()) tried_.erase(put->instance.id);
    if (!store_.instances().contains(put->instance.id)) {
      created_.try_emplace(put->instance.id, world_.now());
      check_try(put->instance, batch.writes);
    }
  }
  check_dependencies(batch.writes);
}

void StartChecker::check_dependencies(const std::vector<Write>& writes) {
  std::optional<StoredState> after;  // A copy is made only if it is needed.
  for (const Write& write : writes) {
    const Instance* instance = begins(store_, write);
    if (instance == nullptr) continue;
    placed_.insert_or_assign(instance->id, world_.now());
    if (!after) {
      after = store_;
      after->commit(writes);
    }
    const Release* release = release_of(*after, *instance);
    if (release == nullptr) continue;
    const bool has_waited = instance->replaces && world_.now() - created_.at(instance->id) >=
                                                      core::DependencyWatch::kWaitMax;
    for (const Dependency& one : release->spec.after) {
      if (has_waited || is_there(store_, one) || is_there(*after, one)) continue;
      world_.violate("starts-after",
                     fmt::format("'{}' is to run, and '{}' is not {}", instance->id.str(),
                                 one.workload.str(), name_of(one.until)));
    }
  }
}

void StartChecker::note_release(const Workload& workload) {
  const auto known = store_.workloads().find(workload.name);
  const bool is_same = known != store_.workloads().end() && known->second.phase == workload.phase &&
                       known->second.latest().generation == workload.latest().generation;
  if (is_same) return;
  std::erase_if(tried_, [&](const auto& entry) { return entry.second == workload.name; });
}

/// `instance` is new. What is lost, or may be, is replaced for that.
void StartChecker::check_try(const Instance& instance, const std::vector<Write>& writes) {
  if (!instance.is_last_try || !instance.replaces) return;
  const auto found = store_.instances().find(*instance.replaces);
  if (found == store_.instances().end()) return;
  const Instance& replaced = found->second;
  const bool is_for_crash_loop = replaced.generation == instance.generation && replaced.node &&
                                 replaced.status.state == InstanceState::kCrashLoop &&
                                 is_live(store_, writes, *replaced.node);
  if (!is_for_crash_loop) return;
  if (!replaced.is_last_try && tried_.emplace(replaced.id, replaced.workload).second) return;
  world_.violate("tried-elsewhere-once", fmt::format("'{}' is tried on another node again, as '{}'",
                                                     replaced.id.str(), instance.id.str()));
}

StartChecker::Process& StartChecker::process_of(const NodeName& node) {
  return processes_.try_emplace(node, Process{.since = world_.now()}).first->second;
}

void StartChecker::note_what_runs(Process& process, const Report& report) {
  for (const auto& [id, status] : report.instances) {
    const auto workload = report.workloads.find(id);
    if (workload != report.workloads.end() && has_run(status.state))
      process.ran.insert(workload->second);
  }
}

/// Whether an instance of the workload was to run there for long enough that the process knew it.
bool StartChecker::had_to_run(const Process& process, const NodeName& node,
                              const WorkloadName& workload) const {
  return std::ranges::any_of(store_.instances(), [&](const auto& entry) {
    const Instance& one = entry.second;
    const auto placed = placed_.find(one.id);
    return one.workload == workload && one.node == node &&
           one.desired_state == DesiredState::kRun && placed != placed_.end() &&
           placed->second + kStoredWithin < process.since;
  });
}

void StartChecker::on_start(const NodeName& node, const InstanceId& instance,
                            const Report& report) {
  Process& process = process_of(node);
  note_what_runs(process, report);
  const bool is_first = process.started.insert(instance).second;
  const auto row = store_.instances().find(instance);
  if (row == store_.instances().end()) return;
  process.ran.insert(row->second.workload);
  const Release* release = release_of(store_, row->second);
  const bool is_held =
      is_first && release != nullptr && world_.now() - process.since < core::StartOrder::kHoldMax;
  if (!is_held) return;
  for (const Dependency& one : release->spec.after) {
    const auto needed = store_.workloads().find(one.workload);
    const bool is_job = needed != store_.workloads().end() &&
                        needed->second.latest().spec.kind == WorkloadKind::kOneshot;
    if (is_job || process.ran.contains(one.workload)) continue;
    if (!had_to_run(process, node, one.workload)) continue;
    world_.violate("boots-in-order", fmt::format("'{}' starts '{}' before '{}', which it has",
                                                 node.str(), instance.str(), one.workload.str()));
  }
}

void StartChecker::on_status(const NodeName& node, const Heartbeat& heartbeat) {
  if (heartbeat.report) note_what_runs(process_of(node), *heartbeat.report);
}

void StartChecker::on_agent_crash(const NodeName& node) {
  processes_.insert_or_assign(node, Process{.since = world_.now()});
}

}  // namespace hearth::sim
