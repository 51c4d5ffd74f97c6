#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/usage/program.h"
#include "model/ids.h"

namespace hearth {

/// The options of hearth-agent, which has no configuration file.
struct AgentOptions {
  std::optional<NodeName> node;     ///< Required on the command line.
  std::optional<Endpoint> manager;  ///< Required on the command line.
  Endpoint listen{"127.0.0.1", 7701};
  std::filesystem::path state = "/var/lib/hearth-agent";
  std::filesystem::path docker_socket = "/var/run/docker.sock";
  std::filesystem::path token_file;  ///< Empty: none.
  std::string kafka;                 ///< Empty: ask the manager.
  std::string topic_prefix = "hearth.";
  std::string cluster = "default";
};

/// Describes the program `hearth-agent`; its options are stored in `into`.
usage::Program describe_agent(AgentOptions& into);

}  // namespace hearth
