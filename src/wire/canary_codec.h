#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/canary.h"

namespace hearth {

inline constexpr std::size_t kCanaryBytesMax = 4 * 1024;

/// The JSON of a canary, on the canary topic (docs/reference/protocol.md).
std::string encode(const Canary& canary);

/// kCorrupt, with the path, for anything that is not a canary.
Result<Canary> decode_canary(std::string_view text);

}  // namespace hearth
