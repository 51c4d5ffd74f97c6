#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>

#include "core/placement/capacity_table.h"
#include "model/heartbeat.h"
#include "model/node.h"
#include "model/workload.h"

namespace hearth::core {

/// The builder of a build changed, and with it the assignments of both nodes.
struct BuilderChange {
  std::optional<NodeName> before;
  std::optional<NodeName> after;
};

/// Which workloads are being built, and on which node: the builds of the catalog, by node.
///
/// Everything follows from the catalog, so there is no state to save. Sans-io, not thread-safe.
class BuildBoard {
 public:
  /// Applies the current record of `workload`. Returns a change of its builder, once.
  std::optional<BuilderChange> follow(const Workload& workload);

  /// Workloads that are being built or wait for a builder.
  const std::set<WorkloadName>& building() const { return building_; }
  const std::set<WorkloadName>& orders_of(const NodeName& node) const;

  bool operator==(const BuildBoard&) const = default;

 private:
  std::set<WorkloadName> building_;
  std::map<WorkloadName, NodeName> builder_;
  std::map<NodeName, std::set<WorkloadName>> orders_;
};

/// The facts about a builder that matter to its build.
struct BuilderView {
  NodeState state = NodeState::kAwaited;
  bool given_up = false;  ///< In trouble, or without its assignment, for too long.
  Eligibility eligibility;
};

/// What the builders of a release say that have failed to build it for too long.
struct BuildTries {
  std::string builder_fails = {};   ///< The current builder; empty: it has not.
  std::set<NodeName> avoided = {};  ///< All of them.
};

/// Why the build cannot continue where it is, in words; empty if it can. A node that is merely
/// suspect, in trouble, without its agent or off the bus gets its time first. A node that received
/// the order before its connection was lost may be building.
std::string why_stuck(const BuilderView& builder);

/// Whether the build that `node` reports is the one it was assigned. `workload`: nullptr if none
/// has that name.
bool is_ordered(const BuildStatus& build, const NodeName& node, const Workload* workload);

/// The image that the builder of `workload` made to order. The builder may report a name of its own
/// that begins with the ordered one: so no node can name an image after another workload.
Image image_of(const BuildStatus& build, const Workload& workload);

/// Which node builds, and why none does or the build makes no progress.
struct BuildPlan {
  std::optional<NodeName> builder;
  std::string reason;
};

/// Keeps the builder of `workload` if it is well; finds another one otherwise, which is one that
/// has not failed to build it if there is such a node. `view`: of the current builder, if there is
/// one.
BuildPlan plan_build(const Workload& workload, const std::optional<BuilderView>& view,
                     const BuildTries& tries, const CapacityTable& capacity);

}  // namespace hearth::core
