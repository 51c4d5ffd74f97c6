#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/docker/engine_codec.h"
#include "base/result.h"
#include "ports/container_runtime.h"

/// Translates what the Docker Engine API says about one container, and what it is asked for. Pure.
/// Whatever the engine sends, a decoder returns a value or kCorrupt.
namespace hearth::docker {

/// The body of a create request, with the confinement described in docs/reference/containers.md.
/// The container is made from `image`, an id, and not from the reference in the request, which can
/// get another meaning meanwhile.
std::string encode_container(const ContainerOwner& owner, const std::string& network,
                             const std::string& image, const ContainerRequest& request);
/// The id in an answer about something new: a container, a command.
Result<std::string> decode_new_id(std::string_view answer);
/// The id of an inspected image.
Result<std::string> decode_image_id(std::string_view answer);

/// How an inspected container ended; nullopt if it has not.
Result<std::optional<ContainerExit>> decode_exit(std::string_view answer);
struct InspectedContainer {
  ContainerDetails details;
  std::int64_t pid = 0;  ///< Of its main process, as the engine sees it; 0: it does not run.
};
Result<InspectedContainer> decode_details(std::string_view answer);

/// The body of a request to prepare a command in a container.
std::string encode_exec(const std::vector<std::string>& command);
/// The exit code of a command; nullopt: it runs, or has not begun.
Result<std::optional<int>> decode_exec(std::string_view answer);

/// The use of a container, from the engine's own statistics, which it makes from the files of
/// cgroup v1 or v2.
Result<ContainerUsage> decode_usage(std::string_view answer);

}  // namespace hearth::docker
