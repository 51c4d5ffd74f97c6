#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"

namespace hearth::cli {

/// Progress callbacks; each may be called many times.
struct DeployProgress {
  std::function<void(const std::string& line)> on_step;
  std::function<void(std::string_view output)> on_build_output;  ///< The engine's, as it arrives.
  /// Called at least once a second; false ends the wait.
  std::function<bool()> go_on = [] { return true; };
};

/// A workload whose release is deployed.
struct FollowedRelease {
  WorkloadView workload;
  std::vector<InstanceView> instances;  ///< Of this generation.
};

/// Follows one generation of a workload, by polling the manager, until it is deployed: built, and
/// all of its instances ready. Reports each step. Blocks.
///
/// A generation that a roll-out was ended for is deployed once its own instances are ready.
///
/// Errors: those of ApiClient; kFailed with the reason, and which release is kept running, if it
/// cannot be built or one of its instances fails, after that instance's last words were reported,
/// if they can be had; kConflict if the workload was deployed again, stopped or removed meanwhile;
/// kTimeout after `timeout`, with what was awaited; kFailed if `go_on` returns false.
Result<FollowedRelease> follow_release(const ApiClient& api, const std::string& name,
                                       std::uint64_t generation, Duration timeout,
                                       const DeployProgress& progress);

}  // namespace hearth::cli
