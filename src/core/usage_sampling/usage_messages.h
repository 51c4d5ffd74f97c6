#pragma once

#include <cstdint>
#include <optional>

#include "model/container.h"
#include "model/ids.h"

namespace hearth::core {

/// Ask the runtime what a running container uses. Answered by one UsageSampled, or by none if the
/// runtime never answers.
struct SampleUsage {
  ContainerId container;
  InstanceId instance;
  std::uint64_t number = 0;  ///< From 1, counted over all containers.
  bool operator==(const SampleUsage&) const = default;
};
struct UsageSampled {
  ContainerId container;
  InstanceId instance;
  std::uint64_t number = 0;
  std::optional<ContainerUsage> usage;  ///< nullopt: the runtime cannot say.
};

}  // namespace hearth::core
