#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/canary.h"

namespace hearth {

inline constexpr std::size_t kCanaryBytesMax = 4 * 1024;

/// A canary as it stands on the canary topic (docs/reference/protocol.md).
std::string encode(const Canary& canary);

/// kCorrupt, with the path, for anything else than a canary.
Result<Canary> decode_canary(std::string_view text);

}  // namespace hearth
