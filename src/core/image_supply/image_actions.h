#pragma once

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
/// Build, save, and hand the image to the content store.
struct BuildImage {
  OperationId operation;
  BuildOrder order;
};
/// Nobody wants it any more: the build under way ends soon, however it does.
struct CancelBuild {
  OperationId operation;  ///< Of its BuildImage.
};
using ImageAction = std::variant<FetchImage, BuildImage, CancelBuild>;

/// Whether a container can be made of an image.
struct ImageReadiness {
  bool is_there = false;
  std::string reason;  ///< Why it is not, in words; empty while there is nothing to say.
};

}  // namespace hearth::core
