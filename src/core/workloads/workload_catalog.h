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

/// What an operation did. A refused operation returns an error instead.
enum class Change : std::uint8_t { kChanged, kUnchanged };

/// The result of a deploy.
struct Deployment {
  Generation generation;
  std::optional<Image> image;  ///< Built before from the same bundle: nothing is left to build.
};

/// The workloads of the cluster: what was requested, and how far each has come.
///
/// Changed by small operations, each of which changes one workload and reports whether it did, or
/// refuses; the consequences (a build, instances) are decided elsewhere. A removed workload leaves
/// its numbers behind, so that no instance id is ever used twice.
///
/// At most kWorkloadsMax at once and kWorkloadNamesMax names ever. Sans-io, not thread-safe.
class WorkloadCatalog {
 public:
  using Rows = std::map<WorkloadName, Workload>;
  struct State {
    std::vector<Workload> workloads;  ///< Including removed ones.
    bool operator==(const State&) const = default;
  };

  WorkloadCatalog() = default;
  explicit WorkloadCatalog(State state);
  State save() const;

  /// All workloads that are not removed.
  const Rows& rows() const { return rows_; }
  const Workload* find(const WorkloadName& name) const;
  const Workload& workload(const WorkloadName& name) const;
  /// The workload, or what is left of a removed one.
  const Workload& record(const WorkloadName& name) const;

  /// Accepts a new generation, to be built. Refused at the bounds, and while the workload is being
  /// removed.
  Result<Deployment> deploy(const DeployWorkload& command);
  Result<Change> stop(const WorkloadName& name);
  Result<Change> remove(const WorkloadName& name);
  /// Its instances are gone: keeps only its numbers.
  void retire(const WorkloadName& name);

  /// Assigns the build to a node, or to none.
  Change set_builder(const WorkloadName& name, const std::optional<NodeName>& builder);
  /// Notes why the build has no node or makes no progress; empty: it does.
  Change note_build_waits(const WorkloadName& name, std::string reason);
  /// The image is built: the next release becomes the current one.
  void finish_build(const WorkloadName& name, Image image);
  void fail_build(const WorkloadName& name, std::string reason);

  /// The number for a new instance; it is never returned again.
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

/// Whether its instances are kept running; true even while a new release is built, or has failed.
bool keeps_running(const Workload& workload);

}  // namespace hearth::core
