#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/container.h"
#include "model/digest.h"
#include "model/ids.h"

namespace hearth::core {

/// Numbers the operations that an agent requests from its runtime and the content store. All parts
/// of one agent draw from the same instance, so that an answer belongs to one part only.
struct OperationIds {
  std::uint64_t drawn = 0;

  OperationId next() { return OperationId{++drawn}; }
  bool operator==(const OperationIds&) const = default;
};

/// Of a fetch: the step that failed, if one did.
enum class FetchStep : std::uint8_t {
  kTransfer,
  kLoad,  ///< The image arrived whole, but the runtime did not accept it.
};

/// The outcome of an operation; each operation is answered by one. `container`: the one that a
/// CreateContainer made. `adopted`: the one that an AdoptContainer found or a RecreateContainer
/// made.
struct OperationDone {
  OperationId operation;
  Result<void> outcome;
  ContainerId container;
  std::optional<Digest> archive;  ///< Of a build: the saved image.
  FetchStep failed_step = FetchStep::kTransfer;
  std::optional<Container> adopted = {};
};

}  // namespace hearth::core
