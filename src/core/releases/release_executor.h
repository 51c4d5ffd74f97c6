#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "core/batch/changes.h"
#include "core/fleet/fleet.h"
#include "core/rollout/start_watch.h"
#include "core/workloads/workload_catalog.h"
#include "model/instance.h"

namespace hearth::core {

/// Carries out what roll-outs come to: ends them, and forgets releases that nobody returns to.
///
/// Holds references for one step. Sans-io, not thread-safe.
class ReleaseExecutor {
 public:
  struct Parts {
    WorkloadCatalog& workloads;
    Changes& changes;
  };

  explicit ReleaseExecutor(Parts parts) : parts_(parts) {}

  /// A release was accepted: it is built, or rolled out if its image exists.
  void begin(const WorkloadName& name, const Deployment& deployment);

  /// Fails releases that several nodes could not start, and marks work that must go elsewhere.
  void review_starts(StartWatch& starts, const Fleet& fleet, MonoTime now);
  /// Ends the workload's roll-out if it is done or has failed; then it returns true. `instances`:
  /// all of the workload.
  bool review_rollout(const WorkloadName& name, const std::vector<const Instance*>& instances);
  /// Forgets old releases that none of `instances`, all of the workload, has.
  void forget(const WorkloadName& name, const std::vector<const Instance*>& instances);

 private:
  void fail(const Workload& workload, const std::string& reason);

  Parts parts_;
};

}  // namespace hearth::core
