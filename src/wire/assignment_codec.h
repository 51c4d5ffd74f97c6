#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/assignment.h"

namespace hearth {

/// An assignment longer than this is neither written nor read: with its key it is a record of the
/// bus, and brokers take 1 MiB by default. Placement gives no node more than fits.
inline constexpr std::size_t kAssignmentBytesMax = 896 * 1000;

/// An assignment as it stands on an assignment topic and on the node's disk
/// (docs/reference/protocol.md). kExhausted if it would be longer than kAssignmentBytesMax.
Result<std::string> encode(const Assignment& assignment);

/// Every field is required, lists too: an assignment with a part missing must not read as "stop the
/// rest". Instances come ordered by id. kCorrupt, with the path, for anything else than an
/// assignment.
Result<Assignment> decode_assignment(std::string_view text);

}  // namespace hearth
