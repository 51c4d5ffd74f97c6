#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/check.h"
#include "base/result.h"
#include "base/time.h"
#include "model/digest.h"
#include "model/ids.h"
#include "model/instance_spec.h"

namespace hearth {

enum class WorkloadKind : std::uint8_t {
  kService,      ///< Part of the platform.
  kApplication,  ///< Deployed by a user.
  kOneshot,      ///< Runs to its end: an exit with 0 completes it.
};

/// What happens to its instances when their node is lost.
enum class NodeLossPolicy : std::uint8_t {
  kReplace,  ///< Start elsewhere once the node is dead; an instance that comes back stops once the
             ///< replacement runs.
  kStay,     ///< Tied to the node (its device, its data): wait for it.
};

/// An image as distributed to the nodes: built once, the same bits everywhere.
struct Image {
  /// Its name and tag in every runtime, see image_reference(). Empty: there is none, because the
  /// container was adopted.
  std::string reference;
  std::optional<Digest> archive;  ///< Its saved form in the manager's content store.
  bool operator==(const Image&) const = default;
};

/// A workload that must be there before another one starts.
struct Dependency {
  /// How far it must be.
  enum class Until : std::uint8_t { kStarted, kReady };

  WorkloadName workload;
  Until until = Until::kReady;
  bool restart_with_it = false;  ///< A restart of it restarts this one, too.
  bool operator==(const Dependency&) const = default;
};

/// What a user submits.
struct WorkloadSpec {
  WorkloadKind kind = WorkloadKind::kApplication;
  std::uint32_t instances = 1;  ///< 0..kInstancesMax.
  Digest bundle;                ///< The build context, already in the content store.
  InstanceSpec instance;
  NodeLossPolicy on_node_lost = NodeLossPolicy::kReplace;
  std::optional<NodeName> node = {};  ///< The only node that it may run on. Absent: any.
  std::vector<Dependency> after;
  /// An instance that its node fails to start for this long is placed on another one. > 0.
  Duration placement_deadline = std::chrono::minutes(1);
  bool operator==(const WorkloadSpec&) const = default;
};
/// The bundle of a workload whose container is adopted: the digest of nothing. It is not in the
/// content store, and no document names it.
Digest no_bundle();
inline constexpr std::size_t kDependenciesMax = 32;
inline constexpr std::uint32_t kInstancesMax = 1000;

enum class WorkloadPhase : std::uint8_t {
  kBuilding,    ///< The image of `next` is being built on `build_node`.
  kRollingOut,  ///< Instances of `next` replace those of `current`. Without a `next`: `current` is
                ///< the first release, and starts.
  kDeployed,    ///< The instances of `current` are kept running.
  kFailed,      ///< `next` could not be built, or its instances failed; `reason` says why. Without
                ///< a `next`: the instances of `current`, the first release, did.
  kStopped,     ///< Stopped on request, and kept.
  kRemoving,    ///< Removed as soon as its last container is.
  kRemoved,     ///< Removed. Only its numbers are kept: a workload of the same name continues from
                ///< them, so that no generation and no instance id is ever used twice.
};

/// One generation of a workload: its specification, and the image once it is built.
struct Release {
  Generation generation;
  WorkloadSpec spec;
  std::optional<Image> image;
  WallTime deployed_at;
  std::string deployed_by = {};  ///< Who asked for it, as the client said. Empty: not said.
  std::string fault = {};        ///< Why it failed; empty: it has not.
  bool operator==(const Release&) const = default;

  /// The image, for callers that know it is built.
  const Image& built_image() const {
    HEARTH_CHECK(image);
    return *image;
  }
};

/// A workload as the manager stores it. `current` keeps running until `next` has proved itself,
/// also if that fails.
struct Workload {
  WorkloadName name;
  WorkloadPhase phase = WorkloadPhase::kBuilding;
  std::string reason;                  ///< Why it failed, or why a build waits; else empty.
  std::optional<Release> current;      ///< Kept running; its image is built.
  std::optional<Release> next;         ///< Being built or rolled out, or failed.
  std::vector<Release> earlier;        ///< Of former deploys, newest first; for a rollback.
  std::optional<NodeName> build_node;  ///< kBuilding, once a node was chosen.
  std::uint64_t next_instance = 1;     ///< The number of the next instance id.
  bool operator==(const Workload&) const = default;

  /// The release that was requested last.
  const Release& latest() const {
    HEARTH_CHECK(next || current);
    return next ? *next : *current;
  }
  /// The release of a generation that an instance has; nullptr: it is not kept.
  const Release* find_release(Generation generation) const;
  /// The release that its instances are to have; nullptr: it has none.
  const Release* target() const;
  /// The release that is kept running, for callers that know there is one.
  const Release& current_release() const {
    HEARTH_CHECK(current);
    return *current;
  }
};

/// The reference for the image of a release that `builder` is to build,
/// "hearth/<workload>:<generation>-<builder>-<bundle>"; the builder appends which of its builds it
/// was (BuildStatus::reference). No two builds share a reference: runtimes keep the images of
/// removed workloads and of failed builds, and building the same bundle twice can produce different
/// bits (its base image changed).
std::string image_reference(const WorkloadName& workload, const Release& release,
                            const NodeName& builder);

/// Earlier releases that are kept for a rollback, besides those that instances still have.
inline constexpr std::size_t kReleasesKept = 10;

/// The most workloads that a cluster can have at once, and the most names over its lifetime: the
/// numbers of removed workloads are kept.
inline constexpr std::size_t kWorkloadsMax = 10'000;
inline constexpr std::size_t kWorkloadNamesMax = 100'000;

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(WorkloadKind kind);
std::string_view name_of(NodeLossPolicy policy);
std::string_view name_of(Dependency::Until until);
std::string_view name_of(WorkloadPhase phase);
Result<WorkloadKind> parse_workload_kind(std::string_view text);
Result<NodeLossPolicy> parse_node_loss_policy(std::string_view text);
Result<Dependency::Until> parse_dependency_until(std::string_view text);
Result<WorkloadPhase> parse_workload_phase(std::string_view text);

}  // namespace hearth
