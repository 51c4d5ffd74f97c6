#pragma once

#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/workload.h"

namespace hearth {

/// A node as listed in an operator's file.
struct NodeEntry {
  NodeName name;
  std::string display_name;  ///< As spelt in the file.
  Endpoint agent;
  /// False: `agent` has the default port; the port that the agent reports takes precedence.
  bool names_port = true;
  bool operator==(const NodeEntry&) const = default;
};

/// Adds nodes and updates the addresses of known ones. Nodes that are not listed stay.
struct ImportNodes {
  std::vector<NodeEntry> nodes;
};

/// Deploys a new workload, or a new generation of a known one.
struct DeployWorkload {
  WorkloadName name;
  WorkloadSpec spec;
  std::string by = {};  ///< Who asks for it, as the client says; may be empty.
};

/// Deploys the specification and the image of an earlier release again. While a release is being
/// rolled out and `to` is not given, that roll-out ends.
struct RollBackWorkload {
  WorkloadName name;
  std::optional<Generation> to;  ///< nullopt: the latest release before the current one.
  std::string by = {};
};

/// Replaces every instance by a fresh one of the same release, one at a time. A stopped workload
/// starts.
struct RestartWorkload {
  WorkloadName name;
  std::string by = {};
};

/// Stops all instances and keeps the workload.
struct StopWorkload {
  WorkloadName name;
};

/// Stops all instances and removes the workload.
struct RemoveWorkload {
  WorkloadName name;
};

/// A request to the manager.
using Command = std::variant<ImportNodes, DeployWorkload, RollBackWorkload, RestartWorkload,
                             StopWorkload, RemoveWorkload>;

}  // namespace hearth
