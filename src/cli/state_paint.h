#pragma once

#include <string>
#include <string_view>

#include "cli/terminal/table.h"

namespace hearth::cli {

/// A state of a node, a workload or an instance, or its health, coloured by whether it needs
/// attention. A state unknown to this version stays plain.
Table::Cell state_cell(std::string_view state);

}  // namespace hearth::cli
