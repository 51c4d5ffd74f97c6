#pragma once

#include "cli/command.h"

namespace hearth {

/// All commands of `hearth`.
cli::CommandList hearth_commands();

/// Descriptions of Hearth's programs, from which man pages, completions and the reference page are
/// generated. Their options are not stored anywhere.
cli::ProgramList hearth_programs();

}  // namespace hearth
