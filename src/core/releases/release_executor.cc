#include "core/releases/release_executor.h"

#include <set>

#include <fmt/format.h>

#include "base/check.h"
#include "core/events/cluster_events.h"
#include "core/rollout/rollout.h"

namespace hearth::core {

void ReleaseExecutor::begin(const WorkloadName& name, const Deployment& deployment) {
  parts_.changes.on_event(
      events::workload_deploying(name, parts_.workloads.workload(name).latest()));
  parts_.changes.on_release_begun(name);
  parts_.changes.on_workload_changed(name);
  if (const std::optional<Image>& image = deployment.image) {
    parts_.workloads.finish_build(name, *image);
    parts_.changes.on_workload_changed(name);
  }
  parts_.changes.reconcile(name);  // It ends the roll-out of another release.
}

void ReleaseExecutor::review_starts(StartWatch& starts, const Fleet& fleet, MonoTime now) {
  const auto is_live = [&fleet](const NodeName& node) {
    return fleet.state_of(node) == NodeState::kLive;
  };
  for (const WorkloadName& name : starts.on_tick(is_live, now)) {
    parts_.changes.reconcile(name);
    const Workload* workload = parts_.workloads.find(name);
    if (workload == nullptr || workload->phase != WorkloadPhase::kRollingOut) continue;
    const auto nodes = starts.avoided(name, workload->target()->generation);
    if (nodes.size() < StartWatch::kNodesTried) continue;
    std::string reason = "its instances cannot be started";
    for (const auto& [node, said] : nodes) {
      reason += fmt::format("; on '{}': {}", node.str(), said.empty() ? "no answer" : said);
    }
    fail(*workload, reason);
  }
}

/// Returns true if it has ended.
bool ReleaseExecutor::review_rollout(const WorkloadName& name,
                                     const std::vector<const Instance*>& instances) {
  const Workload& workload = parts_.workloads.workload(name);
  RolloutVerdict verdict = judge_rollout(workload, instances);
  switch (verdict.kind) {
    case RolloutVerdict::Kind::kGoesOn: return false;
    case RolloutVerdict::Kind::kFailed: fail(workload, verdict.reason); return true;
    case RolloutVerdict::Kind::kDone:
      if (workload.next) parts_.changes.on_restarted(name);
      parts_.workloads.finish_rollout(name);
      parts_.changes.on_event(events::workload_deployed(workload));
      parts_.changes.on_workload_changed(name);
      return true;
  }
  HEARTH_CHECK(false);
}

void ReleaseExecutor::fail(const Workload& workload, const std::string& reason) {
  const Generation generation = workload.target()->generation;
  parts_.workloads.fail_rollout(workload.name, reason);
  parts_.changes.on_event(events::release_failed(workload, generation));
  parts_.changes.on_workload_changed(workload.name);
}

void ReleaseExecutor::forget(const WorkloadName& name,
                             const std::vector<const Instance*>& instances) {
  if (parts_.workloads.workload(name).earlier.size() <= kReleasesKept) return;
  std::set<Generation> in_use;
  for (const Instance* instance : instances) in_use.insert(instance->generation);
  if (parts_.workloads.forget_releases(name, in_use) == Change::kChanged) {
    parts_.changes.on_workload_changed(name);
  }
}

}  // namespace hearth::core
