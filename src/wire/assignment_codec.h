#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/assignment.h"

namespace hearth {

/// An assignment longer than this is neither written nor read.
inline constexpr std::size_t kAssignmentBytesMax = 4 * 1024 * 1024;

/// An assignment as it stands on an assignment topic and on the node's disk
/// (docs/reference/protocol.md). kExhausted if it would be longer than kAssignmentBytesMax.
Result<std::string> encode(const Assignment& assignment);

/// Every field is wanted, lists too: a wish with a part missing must not read as "stop the rest".
/// Instances come ordered by id. kCorrupt, with the path, for anything else than an assignment.
Result<Assignment> decode_assignment(std::string_view text);

}  // namespace hearth
