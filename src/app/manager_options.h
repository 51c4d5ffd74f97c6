#pragma once

#include <filesystem>
#include <optional>
#include <string>

#include "adapters/usage/program.h"
#include "model/ids.h"

namespace hearth {

/// What hearthd's command line says instead of its configuration. Empty: nothing.
struct ManagerOptions {
  std::filesystem::path config_file;
  std::optional<Endpoint> listen;
  std::string kafka;
  std::filesystem::path state;
};

/// The program `hearthd`, which fills `into`.
usage::Program describe_manager(ManagerOptions& into);

}  // namespace hearth
