#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
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

  // Each accepts a new generation, to be built unless its image exists. Refused while the workload
  // is being removed.

  /// Also refused at the bounds.
  Result<Deployment> deploy(const DeployWorkload& command, WallTime now);
  /// The release that roll_back() would deploy again, or its error.
  Result<const Release*> release_to_return_to(const RollBackWorkload& command) const;
  /// kNotFound if no such release is kept, kConflict if it was never built.
  Result<Deployment> roll_back(const RollBackWorkload& command, WallTime now);
  /// kConflict while a release is being deployed, and without one that was built.
  Result<Deployment> restart(const RestartWorkload& command, WallTime now);
  Result<Change> stop(const WorkloadName& name);
  Result<Change> remove(const WorkloadName& name);
  /// Its instances are gone: keeps only its numbers.
  void retire(const WorkloadName& name);

  /// Assigns the build to a node, or to none.
  Change set_builder(const WorkloadName& name, const std::optional<NodeName>& builder);
  /// Notes why the build has no node or makes no progress; empty: it does.
  Change note_build_waits(const WorkloadName& name, std::string reason);
  /// The image is built: the release is rolled out. The first one becomes the current one at once,
  /// because nothing runs that its failure could fall back to.
  void finish_build(const WorkloadName& name, Image image);
  void fail_build(const WorkloadName& name, std::string reason);
  /// Every instance of the target release is ready: it is the current one.
  void finish_rollout(const WorkloadName& name);
  /// The release that is being rolled out has failed: the one before it is kept running.
  void fail_rollout(const WorkloadName& name, const std::string& reason);
  /// Forgets all but the latest kReleasesKept earlier releases, and those that instances have.
  Change forget_releases(const WorkloadName& name, const std::set<Generation>& in_use);

  /// The number for a new instance; it is never returned again.
  std::uint64_t take_instance_number(const WorkloadName& name);

  void check_invariants() const;

 private:
  Workload& row(const WorkloadName& name);
  Result<Workload*> row_of_command(const WorkloadName& name);
  Result<void> check_room_for(const WorkloadName& name) const;
  Workload& row_to_deploy(const WorkloadName& name);
  static Deployment accept(Workload& workload, Release release);
  static Deployment repeat(Workload& workload, const Release& release, const std::string& by,
                           WallTime now);
  static void set_aside(Workload& workload, std::optional<Release>& release);
  static Result<void> check_not_removing(const Workload& workload);
  static Result<const Release*> release_to_return_to(const Workload& workload,
                                                     std::optional<Generation> to);
  static Result<const Release*> release_to_return_to(const Workload& workload, Generation to);

  Rows rows_;
  Rows removed_;
};

/// Whether its instances are kept running; true even while a new release is built, or has failed.
bool keeps_running(const Workload& workload);

}  // namespace hearth::core
