#pragma once

#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "cli/client/api_views.h"

namespace hearth::cli {

/// The most instances of a workload whose nodes are asked what their rules and probes say.
inline constexpr std::size_t kInstancesAskedMax = 10;

/// What the rules and probes of instances say, in words, as their nodes answer; of a node that
/// cannot be asked, why, and what its last report said. Those that are not ready come first.
std::vector<std::string> watch_lines(const ApiClient& api, std::vector<InstanceView> instances);

}  // namespace hearth::cli
