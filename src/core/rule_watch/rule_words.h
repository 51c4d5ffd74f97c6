#pragma once

#include <string>

#include "model/log_rule.h"

namespace hearth::core {

/// Why a rule fires, for example "3 lines within 1 m 0 s match 'connection refused'". `met_before`:
/// a line fulfilled it since the container's start.
std::string words_of_fault(const LogRule& rule, bool met_before);

}  // namespace hearth::core
