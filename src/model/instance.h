#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/workload.h"

namespace hearth {

/// What is wanted of an instance.
enum class DesiredState : std::uint8_t {
  kStage,  ///< Image fetched and container created, not started: ready to take over at once.
  kRun,
  kStop,  ///< Its container is to be removed; then the instance is forgotten.
};

/// The state of an instance. `ACTIVE` in the database is kRunning and nothing else.
enum class InstanceState : std::uint8_t {
  kPending,   ///< Has no node; `reason` says what would help.
  kAssigned,  ///< Assigned to a node that has not reported it yet.
  kFetching,  ///< The node is getting the image.
  kStarting,  ///< Its container is being created or started.
  kStaged,    ///< Container created, not started.
  kRunning,
  kPaused,     ///< Its processes are frozen, by somebody else.
  kBackoff,    ///< It stopped; the next restart is waiting.
  kCrashLoop,  ///< It stopped so often that every restart waits for the longest backoff.
  kCompleted,  ///< It ended with 0 and is not to be restarted.
  kFailed,     ///< It ended otherwise and is not to be restarted.
  kStopping,
  kLost,  ///< Its node is dead: whether it runs is unknown.
};

/// What the kernel killed in a container for lack of memory.
enum class OutOfMemory : std::uint8_t {
  kNo,     ///< Nothing.
  kChild,  ///< Some process, but the container ended for another reason.
  kMain,   ///< The main process, or one whose death it passed on as its own: so it ended.
};

/// How a container ended. describe() in model/exit_words.h puts it into words.
struct ContainerExit {
  int code = 0;  ///< 0..255; 128 + n if signal n ended it.
  OutOfMemory out_of_memory = OutOfMemory::kNo;
  WallTime at;
  std::optional<std::uint64_t> memory_limit_bytes = {};  ///< Absent: none, or not known.
  /// The most that it ever used, caches included. Absent: not known.
  std::optional<std::uint64_t> memory_peak_bytes = {};
  /// The last lines that it wrote, of any bytes, each with its line end but the last. Empty: it
  /// wrote nothing, or what it wrote could not be read in time.
  std::string last_words = {};
  bool operator==(const ContainerExit&) const = default;
};

/// Whether a running instance does its work, by its probes, its log and its trends.
enum class Health : std::uint8_t {
  kUnknown,   ///< It does not run, or its node does not judge it.
  kStarting,  ///< It has not been ready yet.
  kReady,
  kDegraded,  ///< It fails a check, or is about to fail.
};

/// What a node reports about an instance.
struct InstanceStatus {
  InstanceState state = InstanceState::kAssigned;
  ContainerId container;
  std::uint32_t restarts = 0;  ///< Restarts on this node since the instance was assigned to it.
  /// How often it ended, or had to be restarted, by its own fault: an exit, a probe, a rule. Not
  /// because its machine or its runtime stopped.
  std::uint32_t failures = 0;
  ContainerId failed_container;  ///< Of the latest of these failures.
  /// Its node has tried to get it to run and failed (no image, no container), and goes on trying.
  bool cannot_start = false;
  /// Of its last container that ended; absent: none did, or how it ended is not known.
  std::optional<ContainerExit> last_exit;
  std::string reason;  ///< Why it is not running, in words; else empty.
  Health health = Health::kUnknown;
  std::string health_reason;      ///< What says so, or what is not acted on; else empty.
  bool must_be_replaced = false;  ///< Its node asks for a replacement before it fails.
  bool operator==(const InstanceStatus&) const = default;
};

/// What an instance takes up on its node.
struct Reservation {
  Resources resources;
  std::size_t assignment_bytes = 0;  ///< Of its specification (bound: model/assignment.h).
  bool operator==(const Reservation&) const = default;
};
/// Of one instance of the release.
Reservation reservation_of(const Release& release);

/// An instance as the manager stores it. Its release has everything else that its node must know.
struct Instance {
  InstanceId id;
  WorkloadName workload;
  Generation generation;
  std::optional<NodeName> node;
  DesiredState desired_state = DesiredState::kRun;
  Image image;
  Reservation reservation;
  InstanceStatus status;
  /// The instance that this one replaces, which is stopped once this one runs.
  std::optional<InstanceId> replaces;
  /// It was placed here because it crash-looped elsewhere: a crash loop here is left to an
  /// operator.
  bool is_last_try = false;
  WallTime changed_at;  ///< When `status.state` last changed.
  bool operator==(const Instance&) const = default;

  /// It runs and does its work, as far as is known, or has done it.
  bool is_ready() const {
    if (status.state == InstanceState::kCompleted) return true;
    const bool is_well = status.health == Health::kReady || status.health == Health::kUnknown;
    return status.state == InstanceState::kRunning && is_well;
  }
  /// Its node, for callers that know it has one.
  const NodeName& placed_on() const {
    HEARTH_CHECK(node);
    return *node;
  }
};

/// The id with `number` in the workload.
InstanceId make_instance_id(const WorkloadName& workload, std::uint64_t number);

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(DesiredState state);
std::string_view name_of(InstanceState state);
std::string_view name_of(Health health);
Result<DesiredState> parse_desired_state(std::string_view text);
Result<InstanceState> parse_instance_state(std::string_view text);
Result<Health> parse_health(std::string_view text);

}  // namespace hearth
