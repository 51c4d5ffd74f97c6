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

/// A build has another builder than before: both nodes' assignments are others.
struct BuilderChange {
  std::optional<NodeName> before;
  std::optional<NodeName> after;
};

/// Which workloads are being built, and by whom: the builds of the catalog, by node.
///
/// All of it follows from the catalog, so it has no state of its own to be saved. Sans-io, not
/// thread-safe.
class BuildBoard {
 public:
  /// Takes in how `workload` is now. A change of its builder is returned here and nowhere else.
  std::optional<BuilderChange> follow(const Workload& workload);

  /// Those that are being built, or wait for a builder.
  const std::set<WorkloadName>& building() const { return building_; }
  const std::set<WorkloadName>& orders_of(const NodeName& node) const;

  bool operator==(const BuildBoard&) const = default;

 private:
  std::set<WorkloadName> building_;
  std::map<WorkloadName, NodeName> builder_;
  std::map<NodeName, std::set<WorkloadName>> orders_;
};

/// A builder, as far as it matters to what it builds.
struct BuilderView {
  NodeState state = NodeState::kAwaited;
  bool given_up = false;  ///< It has been in trouble, or out of reach, for too long.
  Eligibility eligibility;
};

/// Why the build cannot go on where it is, in words; empty if it may. A node that is merely
/// suspect, in trouble, without its agent or out of the bus's reach has its time first. One that
/// received the order before the bus was cut may be building.
std::string why_stuck(const BuilderView& builder);

/// Whether what `node` says of a build is of the one that it was ordered. `workload`: nullptr if
/// there is none of that name.
bool is_ordered(const BuildStatus& build, const NodeName& node, const Workload* workload);

/// The image that the builder of `workload` made on its order. It has a name of its own, as the
/// builder tells it, if that begins as it was ordered: no node may name one after another workload.
Image image_of(const BuildStatus& build, const Workload& workload);

/// Who builds, and why nobody does or why it does not go on.
struct BuildPlan {
  std::optional<NodeName> builder;
  std::string reason;
};

/// Keeps the builder of `workload` if it is well, and finds one otherwise. `view`: of the builder
/// that it has.
BuildPlan plan_build(const Workload& workload, const std::optional<BuilderView>& view,
                     const CapacityTable& capacity);

}  // namespace hearth::core
