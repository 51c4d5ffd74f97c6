#pragma once

#include <string>
#include <string_view>

#include "adapters/usage/program.h"

namespace hearth::usage {

/// The program's page for man(1), in the macros of man(7), UTF-8. `others`: the programs listed
/// under SEE ALSO.
std::string man_page_of(const Program& program, const std::vector<Program>& others,
                        std::string_view version);

}  // namespace hearth::usage
