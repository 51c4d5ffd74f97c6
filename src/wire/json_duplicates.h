#pragma once

#include <string_view>
#include <vector>

#include "wire/json_reader.h"

namespace hearth {

/// Finds keys that occur more than once in their object; at most kJsonFaultsMax are returned. A
/// parsed document does not show them: its last value has won. `text` must be JSON that was parsed
/// before.
std::vector<JsonFault> find_duplicate_keys(std::string_view text);

}  // namespace hearth
