#include "cli/cluster_needs.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include <fmt/format.h>

namespace hearth::cli {
namespace {

using Rank = Need::Rank;
/// The first word of an unwell instance of each workload.
using Reasons = std::map<std::string, std::string>;

Reasons reasons_of(const std::vector<InstanceView>& instances) {
  Reasons reasons;
  for (const InstanceView& one : instances) {
    const bool is_ill = one.health == "degraded" || one.health == "starting";
    if (one.desired_state == "stop" || (one.state == "running" && !is_ill)) continue;
    const std::string& why = one.reason.empty() ? one.health_reason : one.reason;
    if (!why.empty()) reasons.try_emplace(one.workload, one.id + ": " + why);
  }
  return reasons;
}

/// How many instances are to be ready, and how many are.
std::pair<std::uint32_t, std::uint32_t> readiness_of(const WorkloadView& workload) {
  if (workload.target) return {workload.target->instances, workload.target->ready};
  return {workload.instances, workload.running};
}

std::string state_of(const WorkloadView& workload) {
  if (workload.phase != "deployed") return workload.phase;
  const auto [wanted, ready] = readiness_of(workload);
  if (ready >= wanted) return "well";
  return ready == 0 ? "unavailable" : "reduced";
}

std::string why_of(const WorkloadView& workload, const Reasons& reasons) {
  const auto [wanted, ready] = readiness_of(workload);
  const auto known = reasons.find(workload.name);
  std::string why = workload.reason;
  if (why.empty() && known != reasons.end()) why = known->second;
  if (workload.phase == "building" || workload.phase == "failed") return why;
  std::string counts = fmt::format("{} of {} ready", ready, wanted);
  if (workload.phase == "rolling_out") counts += fmt::format(" of release {}", workload.generation);
  return why.empty() ? counts : counts + "; " + why;
}

Rank rank_of(const WorkloadView& workload, const std::string& state) {
  const bool is_service = workload.kind == "service";
  if (state == "reduced") return is_service ? Rank::kServiceReduced : Rank::kApplicationReduced;
  if (state == "building" || state == "rolling_out") return Rank::kChanging;
  return is_service ? Rank::kServiceDown : Rank::kApplicationDown;
}

bool is_quiet(const std::string& state) {
  return state == "well" || state == "stopped" || state == "removing";
}

/// Puts those together that differ only in their name.
class NeedList {
 public:
  void add(Need need) {
    const auto same = std::ranges::find_if(needs_, [&](const Need& one) {
      return one.rank == need.rank && one.kind == need.kind && one.state == need.state &&
             one.why == need.why && one.are_adopted == need.are_adopted;
    });
    if (same == needs_.end()) return needs_.push_back(std::move(need));
    same->names.insert(same->names.end(), need.names.begin(), need.names.end());
  }
  std::vector<Need> take() && {
    std::ranges::sort(needs_, {}, [](const Need& one) { return std::tie(one.rank, one.names); });
    return std::move(needs_);
  }

 private:
  std::vector<Need> needs_;
};

void add_needs_of(const NodeView& node, NeedList& needs) {
  const auto add = [&](Rank rank, const std::string& state, const std::string& why) {
    needs.add({.rank = rank, .kind = "node", .state = state, .why = why, .names = {node.name}});
  };
  if (node.recovery_phase == "quarantined") {
    add(Rank::kNodeDown, node.recovery_phase, node.recovery_reason);
  } else if (node.state == "suspect" || node.state == "awaited") {
    add(Rank::kNodeInDoubt, node.state, node.evidence);
  } else if (node.state != "live") {
    add(Rank::kNodeDown, node.state, node.evidence);
  }
  if (!node.problem.empty()) add(Rank::kNodeInDoubt, "in trouble", node.problem);
}

}  // namespace

bool lacks_ready(const WorkloadView& workload) {
  const auto [wanted, ready] = readiness_of(workload);
  return (workload.phase == "deployed" || workload.phase == "rolling_out") && ready < wanted;
}

ClusterNeeds needs_of(const std::vector<NodeView>& nodes,
                      const std::vector<WorkloadView>& workloads,
                      const std::vector<InstanceView>& instances) {
  ClusterNeeds found;
  NeedList needs;
  for (const NodeView& node : nodes) {
    ++found.nodes[node.state];
    add_needs_of(node, needs);
  }
  const Reasons reasons = reasons_of(instances);
  for (const WorkloadView& workload : workloads) {
    const std::string state = state_of(workload);
    const std::string kind = workload.kind.empty() ? "application" : workload.kind;
    ++found.workloads[kind][state];
    if (!workload.adopted.empty()) ++found.adopted[kind];
    if (workload.phase != "stopped" && workload.phase != "removing") {
      const auto [wanted, ready] = readiness_of(workload);
      found.wanted += wanted;
      found.ready += std::min(ready, wanted);
    }
    if (is_quiet(state)) continue;
    needs.add({.rank = rank_of(workload, state),
               .kind = kind,
               .state = state,
               .why = why_of(workload, reasons),
               .are_adopted = !workload.adopted.empty(),
               .names = {workload.name}});
  }
  found.needs = std::move(needs).take();
  return found;
}

}  // namespace hearth::cli
