#include "cli/session.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <utility>

#include <fmt/format.h>

#include "adapters/address/address_text.h"
#include "adapters/config/cli_config.h"
#include "adapters/http/token_file.h"
#include "wire/endpoint_text.h"

namespace hearth::cli {
namespace {

namespace fs = std::filesystem;

/// The manager accepts no longer one.
constexpr std::size_t kUserBytesMax = 128;

Result<CliConfig> config_of(const Session& session) {
  fs::path folder = session.variable("XDG_CONFIG_HOME").value_or("");
  if (folder.empty()) {
    const auto home = session.variable("HOME");
    if (!home) return CliConfig{};
    folder = fs::path(*home) / ".config";
  }
  return load_cli_config(folder / "hearth" / "config.json");
}

Result<std::optional<Endpoint>> manager_of(const Session& session,
                                           const ConnectionArguments& arguments) {
  if (arguments.manager) return arguments.manager;
  const auto variable = session.variable("HEARTH_MANAGER");
  if (!variable) return std::optional<Endpoint>();
  const Result<Endpoint> endpoint = parse_manager_url(*variable);
  if (endpoint) return std::optional(*endpoint);
  return fail(ErrorCode::kInvalidArgument,
              fmt::format("HEARTH_MANAGER is '{}': {}", *variable, endpoint.error().message));
}

/// "name@host". The environment is good enough: it is a hint for colleagues and proves nothing.
std::string user_of_process() {
  const auto variable = [](const char* name) {
    const char* const value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  std::string user = variable("USER");
  if (user.empty()) user = variable("LOGNAME");
  if (user.empty()) {
    const passwd* const entry = ::getpwuid(::geteuid());
    user = entry != nullptr ? entry->pw_name : fmt::format("uid-{}", ::geteuid());
  }
  std::array<char, kUserBytesMax + 1> host{};
  if (::gethostname(host.data(), kUserBytesMax) != 0) host[0] = '\0';
  user += fmt::format("@{}", host.data());
  // What the manager refuses must not keep anybody from deploying.
  std::replace_if(user.begin(), user.end(), [](char c) { return c < '!' || c > '~'; }, '?');
  return user.substr(0, kUserBytesMax);
}

}  // namespace

Result<ApiClient> Session::connect(const ConnectionArguments& arguments) const {
  const Result<std::optional<Endpoint>> named = manager_of(*this, arguments);
  if (!named) return tl::unexpected(named.error());
  const auto variable_token = variable("HEARTH_TOKEN");
  CliConfig config;
  if (!*named || (!arguments.token_file && !variable_token)) {
    Result<CliConfig> read = config_of(*this);
    if (!read) return tl::unexpected(read.error());
    config = *std::move(read);
  }
  const Endpoint manager =
      named->value_or(config.manager.value_or(Endpoint{"127.0.0.1", kManagerPort}));
  if (!arguments.token_file && variable_token) return ApiClient(manager, *variable_token, user);
  const auto& token_file = arguments.token_file ? arguments.token_file : config.token_file;
  if (!token_file) return ApiClient(manager, config.token.value_or(""), user);
  Result<std::string> token = read_token_file(*token_file);
  if (!token) return tl::unexpected(of_this_machine(token.error()));
  return ApiClient(manager, *std::move(token), user);
}

Session Session::of_process(Terminal& terminal) {
  return Session{
      .terminal = terminal,
      .variable = [](const char* name) -> std::optional<std::string> {
        const char* const value = std::getenv(name);
        if (value == nullptr || *value == '\0') return std::nullopt;
        return value;
      },
      .now =
          [] {
            return WallTime(std::chrono::duration_cast<WallTime::duration>(
                std::chrono::system_clock::now().time_since_epoch()));
          },
      .user = user_of_process(),
  };
}

}  // namespace hearth::cli
