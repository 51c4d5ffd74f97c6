#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "base/result.h"
#include "cli/client/api_client.h"
#include "cli/client/api_views.h"
#include "model/workload.h"

namespace hearth::cli {

/// What a person hands over.
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

/// Told as it goes; each may be called many times.
struct DeployProgress {
  std::function<void(const std::string& line)> on_step;
  std::function<void(std::string_view output)> on_build_output;  ///< The engine's own, as it comes.
  /// Asked every second or sooner: false ends the waiting.
  std::function<bool()> go_on = [] { return true; };
};

enum class DeployWait : std::uint8_t { kUntilRunning, kNot };

/// Packs the folder, hands it to the manager, and follows what comes of it until all instances run.
/// Blocks.
///
/// Running means: every wanted instance of this generation runs, and the same containers still do a
/// second later. A program that ends at once is seen running for a moment too.
///
/// Errors: those of pack_bundle() and ApiClient; kFailed with the reason if it does not build or
/// goes into a crash loop; kTimeout with what it waits for after `timeout`; kFailed if it is not to
/// go on. What was handed over stays deployed.
Result<Deployed> deploy(const ApiClient& api, const DeployOrder& order, DeployWait wait,
                        Duration timeout, const DeployProgress& progress);

}  // namespace hearth::cli
