#pragma once

#include <vector>

#include "adapters/usage/program.h"

namespace hearth {

/// What the help of both daemons ends with.
inline std::vector<usage::Section> daemon_sections() {
  return {{.title = "Exit codes",
           .text = "0 asked to stop; 1 it cannot go on; 2 wrong command line or configuration"}};
}

}  // namespace hearth
