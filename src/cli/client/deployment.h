#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"
#include "wire/workload_document.h"

namespace hearth::cli {

/// What the user deploys.
struct DeployOrder {
  WorkloadFile workload;
  std::filesystem::path folder;  ///< The build context: where `workload.build` leads.
};

struct Deployed {
  std::uint64_t generation = 0;
  Digest bundle;
  WorkloadView workload;
  std::vector<InstanceView> instances;  ///< Of this generation.
};

/// Progress callbacks; each may be called many times.
struct DeployProgress {
  std::function<void(const std::string& line)> on_step;
  std::function<void(std::string_view output)> on_build_output;  ///< The engine's, as it arrives.
  /// Called at least once a second; false ends the wait.
  std::function<bool()> go_on = [] { return true; };
};

enum class DeployWait : std::uint8_t { kUntilRunning, kNot };

/// Packs the folder, sends it to the manager, and follows the deployment until all instances run.
/// Blocks.
///
/// Running means: every wanted instance of this generation runs, and the same containers still do a
/// second later, because a program that exits at once also runs for a moment.
///
/// Errors: those of pack_bundle() and ApiClient; kFailed with the reason if the build fails or an
/// instance enters a crash loop; kTimeout after `timeout`, with what was awaited; kFailed if
/// `go_on` returns false. What the manager accepted stays deployed.
Result<Deployed> deploy(const ApiClient& api, const DeployOrder& order, DeployWait wait,
                        Duration timeout, const DeployProgress& progress);

}  // namespace hearth::cli
