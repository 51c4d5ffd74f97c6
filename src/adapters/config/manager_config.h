#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "adapters/address/address_text.h"
#include "base/result.h"
#include "model/ids.h"
#include "model/settings.h"
#include "wire/server_details.h"

namespace hearth {

inline constexpr std::size_t kManagerConfigBytesMax = 1024 * 1024;

struct BusConfig {
  std::string bootstrap{kEmbeddedKafka};  ///< As accepted by parse_kafka_bootstrap().
  std::string topic_prefix = "hearth.";
  bool embedded() const { return bootstrap == kEmbeddedKafka; }
  bool operator==(const BusConfig&) const = default;
};

/// The node's power cannot be switched: a dead node waits for an operator.
struct NoPower {
  bool operator==(const NoPower&) const = default;
};
/// An operator's own program.
struct ExecPower {
  std::vector<std::string> command;  ///< The program's absolute path, then arguments.
  bool operator==(const ExecPower&) const = default;
};
using PowerDriverConfig = std::variant<NoPower, ExecPower>;

/// An Azure virtual machine, in the older shape of the file.
struct AzureMachine {
  std::string machine_name;
  std::string subscription_id;
  std::string resource_group_name;
  std::string username;  ///< May be empty.
  bool operator==(const AzureMachine&) const = default;
};

struct PowerConfig {
  PowerDriverConfig fallback;  ///< For nodes missing from `nodes`.
  std::map<NodeName, PowerDriverConfig> nodes;
  std::map<std::string, AzureMachine> azure_machines;  ///< By the node's IP address.
  bool operator==(const PowerConfig&) const = default;
};

/// hearthd's configuration (docs/reference/config.md), validated: the relations stated in
/// model/settings.h hold.
struct ManagerConfig {
  Endpoint listen{.address = "127.0.0.1", .port = 7700};
  std::filesystem::path state_dir = "/var/lib/hearth";
  BusConfig kafka;
  LivenessSettings liveness = settings_of(LivenessProfile::kDefault);
  RecoverySettings recovery;
  PowerConfig power;
  std::optional<std::filesystem::path> server_details;
  std::optional<std::filesystem::path> token_file;  ///< Absent: "token" in the state folder.
  std::uint16_t agent_port = kAgentPortDefault;     ///< For nodes that do not report another.
  /// What was accepted but has no effect, in full sentences, to be shown at start.
  std::vector<std::string> warnings;
  bool operator==(const ManagerConfig&) const = default;
};

/// Relative paths in `text` start from `folder`, the file's own folder. kInvalidArgument lists
/// every fault, one per line: its path in the text, what is wrong and what would be right.
Result<ManagerConfig> parse_manager_config(std::string_view text,
                                           const std::filesystem::path& folder);

/// The same from a file, which is named in each line of the error.
Result<ManagerConfig> load_manager_config(const std::filesystem::path& file);

}  // namespace hearth
