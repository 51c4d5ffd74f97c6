#pragma once

#include "base/result.h"
#include "core/batch/batch.h"
#include "core/batch/changes.h"
#include "core/fleet/fleet.h"
#include "core/nodes/node_executor.h"
#include "core/workloads/workload_catalog.h"
#include "model/command.h"

namespace hearth::core {

/// Executes the commands of an operator or a Deployer: imports nodes; deploys, stops and removes
/// workloads.
///
/// A command is executed whole or refused whole: an error says why, and nothing has changed.
/// Holds references for one step. Sans-io, not thread-safe.
class CommandExecutor {
 public:
  struct Parts {
    Fleet& fleet;
    WorkloadCatalog& workloads;
    NodeExecutor& nodes;
    Changes& changes;
  };

  explicit CommandExecutor(Parts parts) : parts_(parts) {}

  /// kExhausted above kNodesMax nodes; the errors of the WorkloadCatalog.
  Result<CommandResult> carry_out(const Command& command);

 private:
  Result<CommandResult> carry_out(const ImportNodes& command);
  Result<CommandResult> carry_out(const DeployWorkload& command);
  Result<CommandResult> carry_out(const StopWorkload& command);
  Result<CommandResult> carry_out(const RemoveWorkload& command);

  Parts parts_;
};

}  // namespace hearth::core
