#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace hearth::cli {

/// How to reach a dev cluster and its parts. Stored in `dev.json` of the state folder, for `hearth
/// dev power`.
struct DevFacts {
  std::filesystem::path state;
  std::string cluster;  ///< The containers' label `hearth.cluster`, unique to this folder.
  Endpoint manager;
  std::filesystem::path power_socket;
  std::filesystem::path docker_socket;
  std::vector<NodeName> nodes;

  /// The manager's.
  std::filesystem::path database() const { return state / "manager" / "hearth.db"; }
  /// The prefix of its topics, which is also the manager's name for the cluster: other clusters can
  /// use the same broker, and another manager can listen at our address.
  std::string topic_prefix() const { return "hearth-dev-" + cluster + "."; }
};

Result<void> save_facts(const DevFacts& facts);
/// kNotFound if no dev cluster was ever started with this state folder.
Result<DevFacts> load_facts(const std::filesystem::path& state);

}  // namespace hearth::cli
