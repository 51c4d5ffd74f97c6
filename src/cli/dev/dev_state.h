#pragma once

#include <filesystem>

#include "base/result.h"
#include "cli/session.h"

namespace hearth::cli {

/// The dev cluster's folder: `given`, else `hearth/dev` in XDG_STATE_HOME or ~/.local/state.
Result<std::filesystem::path> dev_state_folder(const std::filesystem::path& given,
                                               const Session& session);

}  // namespace hearth::cli
