#pragma once

#include <string_view>
#include <vector>

#include "wire/json_reader.h"

namespace hearth {

/// The keys that stand more than once in their object, kJsonFaultsMax of them at most. A parsed
/// document no longer knows of them: the last one has won. `text` was parsed before, so it is JSON.
std::vector<JsonFault> find_duplicate_keys(std::string_view text);

}  // namespace hearth
