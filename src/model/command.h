#pragma once

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
using Command = std::variant<ImportNodes, DeployWorkload, StopWorkload, RemoveWorkload>;

}  // namespace hearth
