#include "adapters/config/manager_config.h"

#include <fmt/format.h>

#include "adapters/config/operator_file.h"
#include "adapters/config/path_field.h"
#include "adapters/config/power_fields.h"
#include "adapters/config/settings_fields.h"
#include "wire/json_reader.h"

namespace hearth {
namespace {

BusConfig read_kafka(JsonObject in) {
  BusConfig kafka;
  kafka.bootstrap =
      in.optional("bootstrap").parsed(parse_kafka_bootstrap).value_or(kafka.bootstrap);
  kafka.topic_prefix =
      in.optional("topic_prefix").parsed(parse_topic_prefix).value_or(kafka.topic_prefix);
  in.refuse_unknown();
  return kafka;
}

std::string azure_warning(std::size_t machines) {
  return fmt::format(
      "\"machines\" names {} of Azure: their settings are valid, but this version has no driver "
      "\"azure\" and will not switch them; give these nodes the driver \"exec\" under \"power\", "
      "with a program that does",
      machines == 1 ? "one machine" : fmt::format("{} machines", machines));
}

std::optional<ManagerConfig> read_config(JsonObject& in, const std::filesystem::path& folder) {
  const config::PathReader read_path{folder};
  ManagerConfig config;
  config.listen = in.optional("listen").parsed(parse_listen_address).value_or(config.listen);
  config.state_dir = in.optional("state_dir").as(read_path).value_or(config.state_dir);
  config.kafka = read_kafka(in.optional("kafka").object());
  config.liveness = config::read_liveness(in.optional("liveness").object());
  config.recovery = config::read_recovery(in.optional("recovery").object());
  config.power = config::read_power(in.optional("power").object());
  config.power.azure_machines = config::read_machines(in.optional("machines").object());
  config.server_details = in.optional("server_details").as(read_path);
  config.token_file = in.optional("token_file").as(read_path);
  config.agent_port =
      in.optional("agent_port").number<std::uint16_t>(1).value_or(config.agent_port);
  config::forbid_secrets(in);
  in.refuse_unknown();
  if (!config.power.azure_machines.empty()) {
    config.warnings.push_back(azure_warning(config.power.azure_machines.size()));
  }
  return config;
}

}  // namespace

Result<ManagerConfig> parse_manager_config(std::string_view text,
                                           const std::filesystem::path& folder) {
  return decode_json(
      text, {.bytes_max = kManagerConfigBytesMax, .duplicate_keys = DuplicateKeys::kRefuse},
      ErrorCode::kInvalidArgument, [&](JsonObject& in) { return read_config(in, folder); });
}

Result<ManagerConfig> load_manager_config(const std::filesystem::path& file) {
  const Result<std::string> text = read_operator_file(file, kManagerConfigBytesMax);
  if (!text) return tl::unexpected(text.error());
  return parse_manager_config(*text, file.parent_path()).map_error([&](Error error) {
    return in_file(file, std::move(error));
  });
}

}  // namespace hearth
