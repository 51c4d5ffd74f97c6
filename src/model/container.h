#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "model/ids.h"
#include "model/instance.h"

namespace hearth {

enum class ContainerState : std::uint8_t {
  kCreated,
  kRunning,  ///< Includes paused and restarting: there is a process.
  kExited,   ///< Includes dead and being removed.
};

/// One container of this node, from its labels and the runtime.
struct Container {
  ContainerId id;
  InstanceId instance;
  WorkloadName workload;
  Generation generation;
  std::uint32_t restarts = 0;  ///< How many containers this instance had on this node before.
  ContainerState state = ContainerState::kCreated;
  std::optional<WallTime> created_at;  ///< By the runtime's clock.
  std::optional<ContainerExit> exit;   ///< kExited.
  bool paused = false;                 ///< kRunning, and its processes are frozen.
  bool adopted = false;                ///< Somebody else created it; it is watched in its place.
  bool operator==(const Container&) const = default;
};

/// What the HEALTHCHECK of a container's image says about it.
enum class ImageHealth : std::uint8_t {
  kNone,      ///< The image has none.
  kStarting,  ///< No check has succeeded yet, and it is too early to count failures.
  kHealthy,
  kUnhealthy,
};

/// One container, in more detail than a listing shows it.
struct ContainerDetails {
  std::string name;
  ContainerState state = ContainerState::kCreated;
  bool paused = false;
  std::optional<WallTime> started_at;  ///< Of its last start, by the runtime's clock.
  /// In Hearth's network on its node. Empty: it does not run, or has the node's own network.
  std::string address;
  ImageHealth health = ImageHealth::kNone;
  std::string health_output;             ///< The start of what the last check printed.
  std::optional<ContainerExit> exit;     ///< kExited.
  std::uint64_t memory_limit_bytes = 0;  ///< 0: none.
  std::string log_driver;
  bool operator==(const ContainerDetails&) const = default;
};

/// What a running container uses, and how much it may. Absent: not known; of a limit also: none.
struct ContainerUsage {
  /// The working set: what it uses without the file cache that the kernel can drop at once. That is
  /// the number by which Kubernetes evicts.
  std::optional<std::uint64_t> memory_bytes;
  std::optional<std::uint64_t> memory_limit_bytes;
  std::optional<std::uint64_t> pids;  ///< Processes and their threads.
  std::optional<std::uint64_t> pids_max;
  std::optional<Duration> cpu_time;         ///< Of all cores, since its start.
  std::optional<std::uint64_t> open_files;  ///< Of the main process alone.
  std::optional<std::uint64_t> open_files_max;
  bool operator==(const ContainerUsage&) const = default;
};

/// Everything in the runtime that belongs to Hearth.
struct Inventory {
  std::vector<Container> containers;
  std::vector<std::string> images;  ///< References "hearth/…", ordered.
  /// In words, what the runtime did not list; empty: the inventory is complete.
  std::string missing{};
  /// In words, containers that bear this node's labels but are not its own; each is named in one
  /// inventory only. They are not listed. Empty: no others were found.
  std::string strangers{};
  bool images_known = true;  ///< False: only the containers were listed.
};

}  // namespace hearth
