#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/usage/program.h"
#include "model/ids.h"

namespace hearth {

/// What hearth-agent is told. It has no configuration file.
struct AgentOptions {
  std::optional<NodeName> node;     ///< Set: the command line must say it.
  std::optional<Endpoint> manager;  ///< Likewise.
  Endpoint listen{"127.0.0.1", 7701};
  std::filesystem::path state = "/var/lib/hearth-agent";
  std::filesystem::path docker_socket = "/var/run/docker.sock";
  std::filesystem::path token_file;  ///< Empty: none.
  std::string kafka;                 ///< Empty: the manager is asked.
  std::string topic_prefix = "hearth.";
  std::string cluster = "default";
};

/// The program `hearth-agent`, which fills `into`.
usage::Program describe_agent(AgentOptions& into);

}  // namespace hearth
