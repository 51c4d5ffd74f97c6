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
  bool operator==(const Container&) const = default;
};

/// Everything in the runtime that belongs to Hearth.
struct Inventory {
  std::vector<Container> containers;
  std::vector<std::string> images;  ///< References "hearth/…", ordered.
  /// In words, what the runtime did not list; empty: the inventory is complete.
  std::string missing{};
  bool images_known = true;  ///< False: only the containers were listed.
};

}  // namespace hearth
