#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "core/batch/batch.h"
#include "core/batch/changes.h"
#include "core/dependencies/dependents.h"
#include "core/fleet/fleet.h"
#include "core/instances/instance_table.h"
#include "core/nodes/node_executor.h"
#include "core/workloads/workload_catalog.h"
#include "model/command.h"

namespace hearth::core {

/// Executes the commands of an operator or a Deployer: imports nodes; deploys, rolls back,
/// restarts, stops and removes workloads.
///
/// A command is executed whole or refused whole: an error says why, and nothing has changed.
/// Holds references for one step. Sans-io, not thread-safe.
class CommandExecutor {
 public:
  struct Parts {
    Fleet& fleet;
    WorkloadCatalog& workloads;
    const InstanceTable& instances;
    const Dependents& dependents;
    NodeExecutor& nodes;
    Changes& changes;
  };

  CommandExecutor(Parts parts, Instant now) : parts_(parts), now_(now.wall) {}

  /// kExhausted above kNodesMax nodes, kConflict if workloads would wait for each other; the errors
  /// of the WorkloadCatalog.
  Result<CommandResult> carry_out(const Command& command);

 private:
  Result<CommandResult> carry_out(const ImportNodes& command);
  Result<CommandResult> carry_out(const DeployWorkload& command);
  Result<CommandResult> carry_out(const RollBackWorkload& command);
  Result<CommandResult> carry_out(const RestartWorkload& command);
  Result<CommandResult> carry_out(const StopWorkload& command);
  Result<CommandResult> carry_out(const RemoveWorkload& command);
  Result<CommandResult> begin(const WorkloadName& name, std::string_view what,
                              const Result<Deployment>& deployment);
  Result<CommandResult> end_rollout(const Workload& workload);
  Result<void> check_order(const WorkloadName& name, const std::vector<Dependency>& after) const;
  std::string warn_of_dependents(const WorkloadName& name) const;

  Parts parts_;
  WallTime now_;
};

}  // namespace hearth::core
