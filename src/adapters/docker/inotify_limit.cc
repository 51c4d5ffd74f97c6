#include "adapters/docker/inotify_limit.h"

#include <fmt/format.h>

#include <charconv>
#include <cstddef>

#include "adapters/docker/log_follower.h"
#include "adapters/file/file.h"

namespace hearth::docker {

std::string inotify_warning(const std::filesystem::path& proc) {
  constexpr std::size_t kNumberBytesMax = 64;
  const auto text = read_file(proc / "sys/fs/inotify/max_user_instances", kNumberBytesMax);
  if (!text || !*text) return {};
  std::size_t instances = 0;
  const auto parsed =
      std::from_chars((*text)->data(), (*text)->data() + (*text)->size(), instances);
  if (parsed.ec != std::errc() || instances >= LogFollowing::kFollowedMax) return {};
  return fmt::format(
      "the kernel allows a user {} instances of inotify, of which the Docker engine takes one for "
      "each log that is followed: with more containers than that, lines come late. Up to {} logs "
      "can be followed: 'sysctl -w fs.inotify.max_user_instances=1024'",
      instances, LogFollowing::kFollowedMax);
}

}  // namespace hearth::docker
