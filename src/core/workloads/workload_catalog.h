#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/command.h"
#include "model/workload.h"

namespace hearth::core {

/// What an operation did. One that is refused is an error instead.
enum class Change : std::uint8_t { kChanged, kUnchanged };

/// What deploying came to.
struct Deployment {
  Generation generation;
  std::optional<Image> image;  ///< Of the same bundle, built before: nothing is left to build.
};

/// The workloads of the cluster: what was asked for, and how far it is.
///
/// Changed by small operations, each of which changes one workload and says whether it did, or
/// refuses; what follows (a build, instances) is decided elsewhere. A workload that was removed
/// leaves its numbers, so that no id of an instance is ever used twice.
///
/// At most kWorkloadsMax at once and kWorkloadNamesMax names ever. Sans-io, not thread-safe.
class WorkloadCatalog {
 public:
  using Rows = std::map<WorkloadName, Workload>;
  struct State {
    std::vector<Workload> workloads;  ///< Removed ones, too.
    bool operator==(const State&) const = default;
  };

  WorkloadCatalog() = default;
  explicit WorkloadCatalog(State state);
  State save() const;

  /// Those that are not removed.
  const Rows& rows() const { return rows_; }
  const Workload* find(const WorkloadName& name) const;
  const Workload& workload(const WorkloadName& name) const;
  /// The workload, or what a removed one left.
  const Workload& record(const WorkloadName& name) const;

  /// Takes over a new generation, to be built. Refused at the bounds, and while it is being
  /// removed.
  Result<Deployment> deploy(const DeployWorkload& command);
  Result<Change> stop(const WorkloadName& name);
  Result<Change> remove(const WorkloadName& name);
  /// Its instances are gone: only its numbers stay.
  void retire(const WorkloadName& name);

  /// Gives the build a node, or takes it away.
  Change set_builder(const WorkloadName& name, const std::optional<NodeName>& builder);
  /// Says why the build has no node, or does not go on where it is; empty: it does.
  Change note_build_waits(const WorkloadName& name, std::string reason);
  /// The image is there: what was next is current.
  void finish_build(const WorkloadName& name, Image image);
  void fail_build(const WorkloadName& name, std::string reason);

  /// The number of a new instance, which is not given again.
  std::uint64_t take_instance_number(const WorkloadName& name);

  void check_invariants() const;

 private:
  Workload& row(const WorkloadName& name);
  Result<Workload*> row_of_command(const WorkloadName& name);
  Result<void> check_room_for(const WorkloadName& name) const;
  Workload& row_to_deploy(const WorkloadName& name);

  Rows rows_;
  Rows removed_;
};

/// Whether its instances are kept running: also while a new release is built, and if that fails.
bool keeps_running(const Workload& workload);

}  // namespace hearth::core
