#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"
#include "model/digest.h"
#include "model/ids.h"

namespace hearth::core {

/// Numbers what an agent asks its runtime and the content store to do. All parts of one agent draw
/// from one of these, so that an answer belongs to one of them only.
struct OperationIds {
  std::uint64_t drawn = 0;

  OperationId next() { return OperationId{++drawn}; }
  bool operator==(const OperationIds&) const = default;
};

/// Of a fetch: what failed, if it did.
enum class FetchStep : std::uint8_t {
  kTransfer,
  kLoad,  ///< The image came whole, and the runtime did not take it.
};

/// What became of an operation; each is answered by one of these. `container`: the one that a
/// CreateContainer made.
struct OperationDone {
  OperationId operation;
  Result<void> outcome;
  ContainerId container;
  std::optional<Digest> archive;  ///< Of a build: the saved image.
  FetchStep failed_step = FetchStep::kTransfer;
};

}  // namespace hearth::core
