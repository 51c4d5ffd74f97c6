#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/dev/dev_facts.h"
#include "cli/session.h"

namespace hearth::cli {

/// What somebody may try at a dev cluster, in another terminal: lines that a shell takes as they
/// are, in whatever folder it stands.
struct Suggestions {
  std::vector<std::string> look;
  std::string freeze;  ///< Lets a node hang, as a machine may.
};

/// `program`: this one's path. `workload`: what the tour deployed, if there was one.
Suggestions suggestions_for(const DevFacts& facts, const std::filesystem::path& program,
                            const std::optional<WorkloadName>& workload, const Session& session);

/// A word as a shell takes it for itself.
std::string shell_word(std::string_view text);

}  // namespace hearth::cli
