#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/dev/dev_facts.h"
#include "cli/session.h"

namespace hearth::cli {

/// Commands to try with a dev cluster in another terminal: lines that a shell accepts as they are,
/// in any folder.
struct Suggestions {
  std::vector<std::string> look;
  std::string freeze;  ///< Makes a node hang.
};

/// `program`: the path of this program. `workload`: what the tour deployed, if there was one.
Suggestions suggestions_for(const DevFacts& facts, const std::filesystem::path& program,
                            const std::optional<WorkloadName>& workload, const Session& session);

/// Quotes a word for a shell, if necessary.
std::string shell_word(std::string_view text);

}  // namespace hearth::cli
