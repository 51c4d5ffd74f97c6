#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"

namespace hearth {

/// What holds from one entry of the history until the next one of the same subject. All of them are
/// explained in docs/reference/states.md.
enum class Condition : std::uint8_t {
  // Of the manager: whether it knows how the cluster is.
  kBlind,  ///< It does not run, or the bus does not carry.
  kSeeing,

  // Of a workload, by its instances that are ready.
  kAvailable,    ///< At least as many as are wanted.
  kReduced,      ///< At least one, and fewer than are wanted.
  kUnavailable,  ///< None.
  kUnwanted,     ///< None is wanted: it is stopped, or its first release is not built yet.

  // Of an instance: its state and its health in one word.
  kPending,
  kAssigned,
  kFetching,
  kStaged,
  kStarting,  ///< Its container is created or started, or has not been ready yet.
  kRunning,   ///< Nobody judges whether it is ready.
  kReady,
  kDegraded,
  kPaused,
  kBackingOff,
  kCrashLoop,
  kCompleted,
  kFailed,
  kStopping,
  kUnknown,  ///< Its node is dead.
  kGone,     ///< Its container is removed, and the instance forgotten.
};

Condition condition_of(const InstanceStatus& status);

/// One change of what is known. Entries are numbered by the store in the order of their commits.
struct HistoryEntry {
  std::uint64_t seq = 0;                 ///< Given by the store.
  std::optional<WorkloadName> workload;  ///< Absent: the manager itself.
  std::optional<InstanceId> instance;    ///< Absent: the workload as a whole.
  WallTime at;                           ///< Of the manager.
  Condition condition{};
  std::string cause;  ///< In words, up to kHistoryCauseBytesMax; empty: nothing special.
  std::optional<NodeName> node;
  ContainerId container;
  Generation generation;
  bool operator==(const HistoryEntry&) const = default;
};
inline constexpr std::size_t kHistoryCauseBytesMax = 256;
/// Of a workload and its instances: older entries are dropped.
inline constexpr std::size_t kHistoryOfWorkloadMax = 2000;

/// The history of one workload, oldest first.
struct History {
  std::vector<HistoryEntry> workload;  ///< Of it and its instances.
  std::vector<HistoryEntry> manager;
};

/// Stable lower-case names, as used in files, API and CLI.
std::string_view name_of(Condition condition);
Result<Condition> parse_condition(std::string_view text);

}  // namespace hearth
