#pragma once

#include <compare>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/ids.h"
#include "ports/container_runtime.h"

/// What the Docker Engine API sends and expects, as text: JSON in, values out, and back. Pure.
/// Whatever the engine sends, a decoder answers with a value or with kCorrupt.
namespace hearth::docker {

/// Whose a container is, by its labels. Several nodes, of several clusters, may share an engine (on
/// a developer's machine they do).
struct ContainerOwner {
  NodeName node;
  std::string cluster = "default";
};

struct ApiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};

/// Docker 20.10, as Debian 12 ships it.
inline constexpr ApiVersion kApiOldest{1, 41};
/// The newest whose changes were read. An engine that speaks a newer one speaks this one too.
inline constexpr ApiVersion kApiNewest{1, 47};

/// Picks the newest version both sides speak from the answer to `GET /version`. kUnavailable with
/// the remedy if there is none.
Result<ApiVersion> choose_api_version(std::string_view answer);

/// One of the four events that are asked for.
struct EngineEvent {
  enum class Kind : std::uint8_t { kStart, kDie, kOutOfMemory, kDestroy };
  Kind kind = Kind::kStart;
  ContainerId container;
  InstanceId instance;  ///< Empty if the container's label is gone.
  int exit_code = 0;    ///< kDie.
  WallTime at;
};

/// Reads one line of `/events`; nullopt for an event that was not asked for.
Result<std::optional<EngineEvent>> decode_event(std::string_view line);

/// The target that streams the events of a node's containers. `since` closes the gap between the
/// question and the engine's own subscription: it replays what happened from then on.
std::string events_target(const ContainerOwner& owner, WallTime since);
std::string container_list_target(const ContainerOwner& owner);
std::string image_list_target();

/// The body of a create request: the container confined as `docs/reference/containers.md` says.
std::string encode_container(const ContainerOwner& owner, const std::string& network,
                             const ContainerRequest& request);
Result<ContainerId> decode_created(std::string_view answer);

struct ContainerList {
  std::vector<Container> containers;  ///< `exit` is not told here.
  std::size_t unreadable = 0;  ///< Carried the node's label and not the others: somebody else's.
};
Result<ContainerList> decode_container_list(std::string_view answer);
/// How an inspected container ended; nullopt if it never did.
Result<std::optional<ContainerExit>> decode_exit(std::string_view answer);
/// Where the engine keeps its data, from its answer about itself; empty if that does not tell.
std::filesystem::path decode_data_root(std::string_view answer);
/// References "hearth/…", ordered.
Result<std::vector<std::string>> decode_image_list(std::string_view answer);

/// One line of what a build or a load streams.
struct ProgressMessage {
  std::string text;   ///< Plain text for people, with its line ends; may be empty.
  std::string error;  ///< Why the work failed; empty: it did not.
};
Result<ProgressMessage> decode_progress(std::string_view line);

/// What an answer of 400 or above means. `doing` completes "the Docker engine refused to …".
Error refusal(unsigned status, std::string_view answer, std::string_view doing);
/// What a build or load that failed on the way means; `reason` is the engine's.
Error failure(std::string_view reason, std::string_view doing);

}  // namespace hearth::docker
