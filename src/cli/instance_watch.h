#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "cli/client/api_client.h"
#include "cli/client/api_views.h"

namespace hearth::cli {

/// The most instances of a workload whose nodes are asked what their rules and probes say.
inline constexpr std::size_t kInstancesAskedMax = 10;

/// What its node answers to the question what the rules and probes of an instance say.
struct WatchAnswer {
  InstanceView instance;
  Result<std::string> watch;  ///< The answer's JSON, or why it cannot be had.
};

struct WatchAnswers {
  std::vector<WatchAnswer> asked;  ///< Those that are not ready come first.
  std::size_t not_asked = 0;
};

/// Asks the nodes of the instances, those without a node left out. Blocks.
WatchAnswers ask_watches(const ApiClient& api, std::vector<InstanceView> instances);

/// In words; of a node that cannot be asked, why, and what its last report said.
std::vector<std::string> watch_lines(const WatchAnswers& answers);

/// As a list of objects: the instance, its node, and its `watch` or an `error`.
std::string watch_json(const WatchAnswers& answers);

}  // namespace hearth::cli
