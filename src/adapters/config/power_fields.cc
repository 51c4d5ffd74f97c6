#include "adapters/config/power_fields.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/enum_names.h"
#include "wire/server_details.h"

namespace hearth::config {
namespace {

enum class Driver : std::uint8_t { kNone, kExec, kDev };
constexpr std::array<EnumName<Driver>, 3> kDrivers{{
    {Driver::kNone, "none"},
    {Driver::kExec, "exec"},
    {Driver::kDev, "dev"},
}};

/// Keys under which people used to keep secrets in this file.
constexpr std::array<std::string_view, 4> kSecretKeys = {"auth-key", "auth_key", "password",
                                                         "client_secret"};

/// What fits into sockaddr_un with its closing zero.
constexpr std::size_t kSocketPathBytesMax = 107;

std::optional<std::string> read_text(const JsonValue& value) {
  const std::optional<std::string_view> text = value.text();
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<PowerDriverConfig> read_exec(const JsonValue& value) {
  if (!value.present()) return std::nullopt;
  ExecPower exec{.command = value.list(read_text)};
  if (exec.command.empty() || !exec.command.front().starts_with('/')) {
    value.fault(
        "must be a list of a program's absolute path and its arguments, as "
        "[\"/usr/local/bin/power\", \"--rack\", \"4\"]");
    return std::nullopt;
  }
  return exec;
}

std::optional<PowerDriverConfig> read_dev(const JsonValue& value, const PathReader& read_path) {
  std::optional<std::filesystem::path> socket = value.as(read_path);
  if (!socket) return std::nullopt;
  if (socket->native().size() > kSocketPathBytesMax) {
    value.fault(
        fmt::format("must have at most {} bytes, as sockets' paths have", kSocketPathBytesMax));
    return std::nullopt;
  }
  return DevPower{.socket = std::move(*socket)};
}

std::optional<PowerDriverConfig> read_settings_of(Driver driver, JsonObject& in,
                                                  const PathReader& read_path) {
  switch (driver) {
    case Driver::kNone: return NoPower{};
    case Driver::kExec: return read_exec(in.required("command"));
    case Driver::kDev: return read_dev(in.required("socket"), read_path);
  }
  HEARTH_CHECK(false);
}

PowerDriverConfig read_driver(const JsonValue& value, const PathReader& read_path) {
  JsonObject in = value.object();
  const auto driver =
      in.required("driver").parsed([](std::string_view word) { return value_of(kDrivers, word); });
  if (!driver) return NoPower{};  // Which keys would be right depends on the driver.
  std::optional<PowerDriverConfig> config = read_settings_of(*driver, in, read_path);
  in.refuse_unknown();
  return config.value_or(NoPower{});
}

std::optional<AzureMachine> read_machine(const JsonValue& value) {
  JsonObject in = value.object();
  AzureMachine machine;
  machine.machine_name = in.required("machine_name").text().value_or("");
  machine.subscription_id = in.required("subscription_id").text().value_or("");
  machine.resource_group_name = in.required("resource_group_name").text().value_or("");
  machine.username = in.optional("username").text().value_or("");
  forbid_secrets(in);
  in.refuse_unknown();
  return machine;
}

}  // namespace

PowerConfig read_power(JsonObject in, const PathReader& read_path) {
  PowerConfig power;
  power.fallback = read_driver(in.optional("default"), read_path);
  in.optional("nodes").object().each([&](std::string_view key, const JsonValue& value) {
    Result<NodeName> name = NodeName::parse(key);
    if (!name) return value.fault(std::move(name.error().message));
    power.nodes.emplace(std::move(*name), read_driver(value, read_path));
  });
  in.refuse_unknown();
  return power;
}

std::map<std::string, AzureMachine> read_machines(JsonObject in) {
  std::map<std::string, AzureMachine> machines;
  forbid_secrets(in);
  in.each([&](std::string_view key, const JsonValue& value) {
    if (std::find(kSecretKeys.begin(), kSecretKeys.end(), key) != kSecretKeys.end()) return;
    const Result<std::string> ip = parse_ip(key);
    if (!ip) return value.fault(ip.error().message);
    if (auto machine = value.as(read_machine)) machines.emplace(*ip, std::move(*machine));
  });
  return machines;
}

void forbid_secrets(JsonObject& in) {
  for (const std::string_view key : kSecretKeys) {
    in.forbidden(key,
                 "a secret must not stand here, where everyone who reads, copies or backs up this "
                 "file gets it: remove it, and renew it, since it may be known; secrets go into "
                 "files of their own that only their owner reads (chmod 600), as token_file");
  }
}

}  // namespace hearth::config
