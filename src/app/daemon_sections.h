#pragma once

#include <vector>

#include "adapters/usage/program.h"

namespace hearth {

/// The last sections of both daemons' help.
inline std::vector<usage::Section> daemon_sections() {
  return {{.title = "Exit codes",
           .text = "0 stopped on request; 1 fatal error; 2 wrong command line or configuration"}};
}

}  // namespace hearth
