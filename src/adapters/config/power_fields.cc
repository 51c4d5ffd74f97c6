#include "adapters/config/power_fields.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

#include "model/enum_names.h"
#include "wire/server_details.h"

namespace hearth::config {
namespace {

enum class Driver : std::uint8_t { kNone, kExec };
constexpr std::array<EnumName<Driver>, 2> kDrivers{{
    {Driver::kNone, "none"},
    {Driver::kExec, "exec"},
}};

/// Keys under which secrets are found in files of this kind.
constexpr std::array<std::string_view, 4> kSecretKeys = {"auth-key", "auth_key", "password",
                                                         "client_secret"};

std::optional<std::string> read_text(const JsonValue& value) {
  const std::optional<std::string_view> text = value.text();
  return text ? std::optional(std::string(*text)) : std::nullopt;
}

std::optional<PowerDriverConfig> read_exec(const JsonValue& value) {
  if (!value.present()) return std::nullopt;
  ExecPower exec{.command = value.list(read_text)};
  if (exec.command.empty() || !exec.command.front().starts_with('/')) {
    value.fault(
        "must be a list of a program's absolute path and its arguments, such as "
        "[\"/usr/local/bin/power\", \"--rack\", \"4\"]");
    return std::nullopt;
  }
  return exec;
}

std::optional<PowerDriverConfig> read_settings_of(Driver driver, JsonObject& in) {
  switch (driver) {
    case Driver::kNone: return NoPower{};
    case Driver::kExec: return read_exec(in.required("command"));
  }
  HEARTH_CHECK(false);
}

PowerDriverConfig read_driver(const JsonValue& value) {
  JsonObject in = value.object();
  const auto driver =
      in.required("driver").parsed([](std::string_view word) { return value_of(kDrivers, word); });
  if (!driver) return NoPower{};  // The valid keys depend on the driver.
  std::optional<PowerDriverConfig> config = read_settings_of(*driver, in);
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

PowerConfig read_power(JsonObject in) {
  PowerConfig power;
  power.fallback = read_driver(in.optional("default"));
  in.optional("nodes").object().each([&](std::string_view key, const JsonValue& value) {
    Result<NodeName> name = NodeName::parse(key);
    if (!name) return value.fault(std::move(name.error().message));
    power.nodes.emplace(std::move(*name), read_driver(value));
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
                 "a secret does not belong in this file, which others read, copy and back up: "
                 "remove it here and renew it, since others may know it; keep secrets in files of "
                 "their own that only their owner can read (chmod 600), such as token_file");
  }
}

}  // namespace hearth::config
