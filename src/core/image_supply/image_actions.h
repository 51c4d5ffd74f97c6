#pragma once

#include <functional>
#include <string>
#include <variant>

#include "model/assignment.h"
#include "model/ids.h"
#include "model/workload.h"

namespace hearth::core {

/// Get the image from the manager's content store into the runtime.
struct FetchImage {
  OperationId operation;
  Image image;
};
/// Build the image, save it, and upload it to the content store.
struct BuildImage {
  OperationId operation;
  BuildOrder order;
};
/// The build is no longer wanted: it ends soon, with any outcome.
struct CancelBuild {
  OperationId operation;  ///< Of its BuildImage.
};
using ImageAction = std::variant<FetchImage, BuildImage, CancelBuild>;

/// Whether a container can be created from an image.
struct ImageReadiness {
  bool is_there = false;
  std::string reason;  ///< Why not, in words; empty if nothing has failed.
};
/// Whether a container can be created from an image, and if not, why.
using ReadinessOf = std::function<ImageReadiness(const Image&)>;

}  // namespace hearth::core
