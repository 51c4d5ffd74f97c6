#pragma once

#include <string>
#include <string_view>

#include "cli/terminal/table.h"

namespace hearth::cli {

/// A state of a node, a workload or an instance, coloured by whether somebody should care. One that
/// this version does not know stays plain.
Table::Cell state_cell(std::string_view state);

}  // namespace hearth::cli
