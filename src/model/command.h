#pragma once

#include <string>
#include <variant>
#include <vector>

#include "model/ids.h"
#include "model/workload.h"

namespace hearth {

/// A node as an operator's file names it.
struct NodeEntry {
  NodeName name;
  std::string display_name;  ///< As the file spells it.
  Endpoint agent;
  bool names_port = true;  ///< False: `agent` has the default, and the agent's own word is better.
  bool operator==(const NodeEntry&) const = default;
};

/// Adds nodes and updates the address of those that are known. Nodes not named stay.
struct ImportNodes {
  std::vector<NodeEntry> nodes;
};

/// Deploys a new workload or a new generation of a known one.
struct DeployWorkload {
  WorkloadName name;
  WorkloadSpec spec;
};

/// Stops all instances, keeps the workload in mind.
struct StopWorkload {
  WorkloadName name;
};

/// Stops all instances and forgets the workload.
struct RemoveWorkload {
  WorkloadName name;
};

/// What somebody asks of the manager.
using Command = std::variant<ImportNodes, DeployWorkload, StopWorkload, RemoveWorkload>;

}  // namespace hearth
