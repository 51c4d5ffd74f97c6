#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/container.h"
#include "model/ids.h"

/// Translates what the Docker Engine API says about a container of somebody else, and what makes
/// another one like it. Pure. Whatever the engine sends, a decoder returns a value or kCorrupt.
namespace hearth::docker {

/// A container, as its inspection describes it.
struct ForeignContainer {
  ContainerId id;
  std::string name;
  ContainerState state = ContainerState::kCreated;
  bool paused = false;
  /// From when its log is that of its present run. The first line can come before the engine notes
  /// the start: so two seconds before that, but not before its previous end or its creation.
  std::optional<WallTime> runs_since;
  std::optional<ContainerExit> exit;
  std::string image;            ///< The id.
  std::string image_reference;  ///< As whoever created it named the image.
  std::string restart_policy;   ///< JSON.
  /// In words, why it cannot be adopted; empty: it can.
  std::string objection;
};
Result<ForeignContainer> decode_foreign(std::string_view answer);

/// A network that a container must be connected to after it was created: an engine before API 1.44
/// accepts one network in the request that creates it.
struct NetworkConnection {
  std::string network;
  std::string endpoint;  ///< JSON.
};

/// What makes a container like an inspected one.
struct Recreation {
  std::string body;  ///< Of the create request.
  std::vector<NetworkConnection> networks;
  /// The network that it is created in, although the inspected one has left it. Empty: it has not.
  std::string left_network;
};
/// `image`: what to create it from. The engine does not restart it; all else is the same: also the
/// volumes that have no name of the user's, and so their data.
Result<Recreation> make_recreation(std::string_view inspection, const std::string& image);

/// The body of a request that connects the container to a network.
std::string encode_connection(const ContainerId& container, const NetworkConnection& connection);
/// The body of a request that sets the restart policy, JSON.
std::string encode_restart_policy(std::string_view policy);
inline constexpr std::string_view kNoRestart = R"({"Name":"no","MaximumRetryCount":0})";

}  // namespace hearth::docker
