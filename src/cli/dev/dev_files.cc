#include "cli/dev/dev_files.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <optional>
#include <random>
#include <utility>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "adapters/file/file.h"
#include "wire/json_writer.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kIdDigits = 8;
constexpr std::size_t kSocketPathBytesMax = 107;  // The capacity of sockaddr_un.
constexpr int kPortAttemptsMax = 50;

bool is_cluster_id(const std::string& text) {
  return text.size() == kIdDigits &&
         text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

/// Listens briefly. Returns the bound port; nullopt if it is taken.
std::optional<std::uint16_t> try_port(const std::string& address, std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return std::nullopt;
  sockaddr_in name{};
  name.sin_family = AF_INET;
  name.sin_port = htons(port);
  ::inet_pton(AF_INET, address.c_str(), &name.sin_addr);
  socklen_t size = sizeof name;
  const int yes = 1;  // As in the daemons: a port in TIME_WAIT is free.
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const bool bound = ::bind(fd, reinterpret_cast<sockaddr*>(&name), size) == 0 &&
                     ::listen(fd, 1) == 0 &&
                     ::getsockname(fd, reinterpret_cast<sockaddr*>(&name), &size) == 0;
  ::close(fd);
  return bound ? std::optional(ntohs(name.sin_port)) : std::nullopt;
}

}  // namespace

Result<std::string> ensure_cluster_id(const fs::path& state) {
  constexpr std::size_t kBytesMax = 64;
  const fs::path path = state / "cluster";
  const auto kept = read_file(path, kBytesMax);
  if (!kept) return tl::unexpected(kept.error());
  if (*kept && is_cluster_id(kept->value().substr(0, kIdDigits))) {
    return kept->value().substr(0, kIdDigits);
  }
  std::random_device random;
  std::string id = fmt::format("{:08x}", random());
  if (Result<void> written = replace_file(path, id + "\n"); !written) {
    return tl::unexpected(written.error());
  }
  return id;
}

Result<std::string> forget_cluster(const fs::path& state) {
  constexpr std::size_t kBytesMax = 64;
  const auto kept = read_file(state / "cluster", kBytesMax);
  if (!kept) return tl::unexpected(kept.error());
  const std::string former = kept->value_or("").substr(0, kIdDigits);
  for (const char* name : {"manager", "nodes", "dev.json", "cluster"}) {
    std::error_code ec;
    fs::remove_all(state / name, ec);
    if (ec) return tl::unexpected(file_error("cannot remove", state / name, ec.value()));
  }
  return is_cluster_id(former) ? former : std::string();
}

Result<fs::path> choose_socket_path(const fs::path& state, const std::string& cluster) {
  constexpr const char* kName = "power.sock";
  if ((state / kName).string().size() <= kSocketPathBytesMax) return state / kName;
  std::error_code ec;
  const fs::path folder = fs::temp_directory_path(ec) / ("hearth-dev-" + cluster);
  ::mkdir(folder.c_str(), 0700);
  // Another user may have made a folder of that name, to intercept the socket.
  struct stat status{};
  const bool ours = ::lstat(folder.c_str(), &status) == 0 && S_ISDIR(status.st_mode) &&
                    status.st_uid == ::geteuid() && (status.st_mode & 0077) == 0;
  if (ours && (folder / kName).string().size() <= kSocketPathBytesMax) return folder / kName;
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("the state folder's path '{}' is too long for a socket in it; choose a "
                          "shorter one with --state",
                          state.string()));
}

Result<std::uint16_t> choose_port(const std::vector<std::string>& addresses,
                                  std::uint16_t preferred) {
  std::uint16_t port = preferred;
  for (int attempt = 0; attempt < kPortAttemptsMax; ++attempt) {
    const bool free = std::all_of(addresses.begin(), addresses.end(), [&](const auto& address) {
      return try_port(address, port).has_value();
    });
    if (free) return port;
    const auto any = try_port(addresses.front(), 0);
    if (!any) break;
    port = *any;
  }
  return fail(ErrorCode::kUnavailable,
              fmt::format("no free TCP port was found on {}", fmt::join(addresses, ", ")));
}

std::string dev_address(std::size_t index) {
  return fmt::format("127.0.0.{}", 11 + index);
}

Result<void> write_manager_files(const DevFacts& facts, const std::string& kafka,
                                 std::uint16_t agent_port, const fs::path& hearth) {
  JsonWriter details;
  details.begin_object();
  for (std::size_t i = 0; i < facts.nodes.size(); ++i) {
    details.key(std::to_string(i + 1))
        .begin_object()
        .field("node_name", facts.nodes[i].str())
        .field("node_ip", dev_address(i))
        .end_object();
  }
  details.end_object();
  const fs::path details_file = facts.state / "server_details.json";
  if (auto written = replace_file(details_file, std::move(details).text() + "\n"); !written) {
    return written;
  }
  JsonWriter config;
  config.begin_object()
      .field("listen", fmt::format("{}:{}", facts.manager.address, facts.manager.port))
      .field("state_dir", (facts.state / "manager").string())
      .field("server_details", details_file.string())
      .field("agent_port", agent_port);
  config.key("kafka")
      .begin_object()
      .field("bootstrap", kafka)
      .field("topic_prefix", facts.topic_prefix())
      .end_object();
  config.key("power").begin_object().key("nodes").begin_object();
  for (const NodeName& node : facts.nodes) {
    config.key(node.str())
        .begin_object()
        .field("driver", "exec")
        .key("command")
        .begin_list()
        .value(hearth.string())
        .value("dev")
        .value("fence")
        .value("--state")
        .value(facts.state.string())
        .end_list()
        .end_object();
  }
  config.end_object().end_object().end_object();
  return replace_file(facts.state / "config.json", std::move(config).text() + "\n");
}

}  // namespace hearth::cli
