#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "model/ids.h"
#include "model/instance.h"

namespace hearth {

enum class ContainerState : std::uint8_t {
  kCreated,
  kRunning,  ///< Also paused or restarting: there is a process.
  kExited,   ///< Also dead, or being removed.
};

/// One container of this node, as its labels and the runtime tell.
struct Container {
  ContainerId id;
  InstanceId instance;
  WorkloadName workload;
  Generation generation;
  std::uint32_t restarts = 0;  ///< How many containers this instance had here before this one.
  ContainerState state = ContainerState::kCreated;
  std::optional<ContainerExit> exit;  ///< kExited.
  bool operator==(const Container&) const = default;
};

/// What the runtime has that is ours.
struct Inventory {
  std::vector<Container> containers;
  std::vector<std::string> images;  ///< References "hearth/…", ordered.
  std::string missing{};     ///< What the runtime did not tell, in words; empty: it told all.
  bool images_known = true;  ///< False: it told the containers alone.
};

}  // namespace hearth
