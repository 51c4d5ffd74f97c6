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

/// Translates between the JSON of the Docker Engine API and our values: the engine itself, its
/// lists, its events and its progress (container_codec.h: one container). Pure. Whatever the engine
/// sends, a decoder returns a value or kCorrupt.
namespace hearth::docker {

/// The owner of a container, by its labels. Several nodes of several clusters can share an engine,
/// as on a developer's machine.
struct ContainerOwner {
  NodeName node;
  std::string cluster = "default";
};

struct ApiVersion {
  std::uint32_t major = 0;
  std::uint32_t minor = 0;
  auto operator<=>(const ApiVersion&) const = default;
};

/// Docker 20.10, the version in Debian 12.
inline constexpr ApiVersion kApiOldest{1, 41};
/// The newest version whose changes were reviewed. Newer engines support this one, too.
inline constexpr ApiVersion kApiNewest{1, 47};

/// Picks the newest version that both sides support from the answer to `GET /version`.
/// kUnavailable, with the remedy, if there is none.
Result<ApiVersion> choose_api_version(std::string_view answer);

/// One of the events that we subscribe to.
struct EngineEvent {
  enum class Kind : std::uint8_t {
    kStart,
    kDie,
    kOutOfMemory,
    kDestroy,
    kKill,  ///< A signal was sent, by whomever.
    kPause,
    kUnpause,
    kHealth,
    kRename,
    kRestart,
  };
  Kind kind = Kind::kStart;
  ContainerId container;
  InstanceId instance;                      ///< Empty if it does not bear the owner's labels.
  int exit_code = 0;                        ///< kDie.
  int signal = 0;                           ///< kKill; 0: unknown.
  ImageHealth health = ImageHealth::kNone;  ///< kHealth.
  std::string name;                         ///< Of the container.
  bool stranger = false;  ///< It bears our labels, but was made from another image.
  WallTime at;
};

/// Reads one line of `/events`; nullopt for an event that we did not subscribe to.
Result<std::optional<EngineEvent>> decode_event(const ContainerOwner& owner, std::string_view line);

/// The target that streams the events of all containers. `since` closes the gap between the
/// request and the engine's subscription: the engine replays what happened since then.
std::string events_target(WallTime since);
std::string container_list_target(const ContainerOwner& owner);
std::string image_list_target();
/// The query of a request for a container's log.
std::string log_query(const LogRequest& request);

/// Nullopt: not a state that we know.
std::optional<ContainerState> parse_state(std::string_view text);

struct ContainerList {
  std::vector<Container> containers;   ///< Without `exit`.
  std::vector<ContainerId> strangers;  ///< With our labels, but made from another image: not ours.
  std::size_t unreadable = 0;          ///< With the node's label but no other: not ours.
};
Result<ContainerList> decode_container_list(std::string_view answer);
/// The engine's data folder, from its `/info`; empty if that does not say.
std::filesystem::path decode_data_root(std::string_view answer);
/// References "hearth/…", ordered.
Result<std::vector<std::string>> decode_image_list(std::string_view answer);

/// One line of the progress of a build or a load.
struct ProgressMessage {
  std::string text;   ///< Plain text for the log, with its line ends; may be empty.
  std::string error;  ///< Why the work failed; empty if it did not.
};
Result<ProgressMessage> decode_progress(std::string_view line);

/// The error for an answer of 400 or above. `doing` completes "the Docker engine refused to …".
Error refusal(unsigned status, std::string_view answer, std::string_view doing);
/// The error for a build or load that failed midway; `reason` is the engine's.
Error failure(std::string_view reason, std::string_view doing);

}  // namespace hearth::docker
