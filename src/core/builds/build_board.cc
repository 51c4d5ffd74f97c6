#include "core/builds/build_board.h"

#include <utility>

#include <fmt/format.h>

#include "base/check.h"

namespace hearth::core {

std::optional<BuilderChange> BuildBoard::follow(const Workload& workload) {
  const WorkloadName& name = workload.name;
  if (workload.phase == WorkloadPhase::kBuilding) {
    building_.insert(name);
  } else {
    building_.erase(name);
  }
  BuilderChange change{.before = std::nullopt, .after = workload.build_node};
  if (const auto known = builder_.find(name); known != builder_.end())
    change.before = known->second;
  if (change.before == change.after) return std::nullopt;
  if (change.before) {
    builder_.erase(name);
    const auto orders = orders_.find(*change.before);
    orders->second.erase(name);
    if (orders->second.empty()) orders_.erase(orders);
  }
  if (change.after) {
    builder_.emplace(name, *change.after);
    orders_[*change.after].insert(name);
  }
  return change;
}

const std::set<WorkloadName>& BuildBoard::orders_of(const NodeName& node) const {
  static const std::set<WorkloadName> kNone;
  const auto found = orders_.find(node);
  return found == orders_.end() ? kNone : found->second;
}

std::string why_stuck(const BuilderView& builder) {
  switch (builder.state) {
    case NodeState::kDead: return builder.eligibility.words();
    case NodeState::kLive:
    case NodeState::kUnreachable:
      if (!builder.given_up || builder.eligibility.is_strained()) return {};
      return builder.eligibility.words();
    case NodeState::kAwaited:
    case NodeState::kSuspect:
    case NodeState::kAgentDown: return {};
  }
  HEARTH_CHECK(false);
}

bool is_ordered(const BuildStatus& build, const NodeName& node, const Workload* workload) {
  return workload != nullptr && workload->phase == WorkloadPhase::kBuilding &&
         workload->build_node == node && workload->latest().generation == build.generation;
}

Image image_of(const BuildStatus& build, const Workload& workload) {
  HEARTH_CHECK(workload.build_node);
  std::string reference = image_reference(workload.name, workload.latest(), *workload.build_node);
  if (build.reference.starts_with(reference)) reference = build.reference;
  return {.reference = std::move(reference), .archive = build.archive};
}

BuildPlan plan_build(const Workload& workload, const std::optional<BuilderView>& view,
                     const BuildTries& tries, const CapacityTable& capacity) {
  const std::optional<NodeName>& before = workload.build_node;
  HEARTH_CHECK(before.has_value() == view.has_value());
  std::string stuck = view ? why_stuck(*view) : "";
  if (!stuck.empty()) stuck = "is " + stuck;
  const bool only_fails = stuck.empty() && !tries.builder_fails.empty();
  if (only_fails) stuck = "cannot build it: " + tries.builder_fails;
  if (before && stuck.empty()) return {.builder = before, .reason = ""};
  PlacementRequest request{.workload = workload.name,
                           .resources = {},
                           .image = "",
                           .other_than = before,
                           .avoid = tries.avoided};
  Result<NodeName> found = capacity.choose(request);
  // A node that failed before is better than none, but no better than another one that fails.
  if (!found && !only_fails && !request.avoid.empty()) {
    request.avoid.clear();
    found = capacity.choose(request);
  }
  if (found) return {.builder = *found, .reason = ""};
  if (!before) return {.builder = std::nullopt, .reason = found.error().message};
  const bool is_gone = view->state == NodeState::kDead;
  return {.builder = is_gone ? std::nullopt : before,
          .reason = fmt::format("its builder '{}' {}, and {}", before->str(), stuck,
                                found.error().message)};
}

}  // namespace hearth::core
