#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/usage/program.h"
#include "model/ids.h"

namespace hearth {

/// The options of hearthd that override its configuration file. Empty: not given.
struct ManagerOptions {
  std::filesystem::path config_file;
  std::optional<Endpoint> listen;
  std::string kafka;
  std::filesystem::path state;
};

/// Describes the program `hearthd`; its options are stored in `into`.
usage::Program describe_manager(ManagerOptions& into);

}  // namespace hearth
