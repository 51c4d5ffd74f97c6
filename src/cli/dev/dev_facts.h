#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/ids.h"

namespace hearth::cli {

/// How to reach a dev cluster and its parts. Kept in `dev.json` of the state folder, for as long as
/// the folder is, so that `hearth dev power` finds its way.
struct DevFacts {
  std::filesystem::path state;
  std::string cluster;  ///< The containers' label `hearth.cluster`: this folder's own.
  Endpoint manager;
  std::filesystem::path power_socket;
  std::filesystem::path docker_socket;
  std::vector<NodeName> nodes;

  /// Of its topics, and the manager's name for the cluster: others may use the broker too, and
  /// another manager may listen where ours should.
  std::string topic_prefix() const { return "hearth-dev-" + cluster + "."; }
};

Result<void> save_facts(const DevFacts& facts);
/// kNotFound if no dev cluster was ever started with this state folder.
Result<DevFacts> load_facts(const std::filesystem::path& state);

}  // namespace hearth::cli
