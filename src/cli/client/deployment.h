#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"
#include "cli/client/release_follower.h"
#include "model/workload.h"

namespace hearth::cli {

/// What the user deploys.
struct DeployOrder {
  WorkloadName name;
  std::filesystem::path folder;  ///< The build context.
  WorkloadKind kind = WorkloadKind::kApplication;
  std::uint32_t instances = 1;
  ContainerSpec container = {};
  NodeLossPolicy on_node_lost = NodeLossPolicy::kReplace;
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
