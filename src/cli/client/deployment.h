#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"
#include "cli/client/release_follower.h"
#include "wire/workload_document.h"

namespace hearth::cli {

/// What the user deploys.
struct DeployOrder {
  WorkloadFile workload;
  /// The build context: where `workload.build` leads. Unused if a container is adopted.
  std::filesystem::path folder;
};

struct Deployed {
  std::uint64_t generation = 0;
  Digest bundle;
  WorkloadView workload;
  std::vector<InstanceView> instances;  ///< Of this generation.
};

enum class DeployWait : std::uint8_t { kUntilDeployed, kNot };

/// Packs the folder, sends it to the manager, and follows the release until it is deployed
/// (follow_release()). Blocks.
///
/// Errors: those of pack_bundle(), ApiClient and follow_release(). What the manager accepted goes
/// on without this process.
Result<Deployed> deploy(const ApiClient& api, const DeployOrder& order, DeployWait wait,
                        Duration timeout, const DeployProgress& progress);

}  // namespace hearth::cli
