#pragma once

#include "cli/command.h"

namespace hearth {

/// All that `hearth` can do.
cli::CommandList hearth_commands();

/// Hearth's programs, described: what man pages, completions and the reference page are made from.
/// They fill nothing.
cli::ProgramList hearth_programs();

}  // namespace hearth
