#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/assignment.h"

namespace hearth {

/// A longer assignment is neither written nor read: with its key it must fit into one record of the
/// bus, and brokers accept 1 MiB by default. Placement never gives a node more than fits.
inline constexpr std::size_t kAssignmentBytesMax = 896 * 1000;

/// The JSON of an assignment, on an assignment topic and on the node's disk
/// (docs/reference/protocol.md). kExhausted if it would be longer than kAssignmentBytesMax.
Result<std::string> encode(const Assignment& assignment);

/// Every field is required, lists included: an assignment with a missing part must not read as
/// "stop the rest". The exception are the fields of a specification, which have defaults, and are
/// not held to the bounds of requests. Instances are returned ordered by id. kCorrupt, with the
/// path, for anything that is not an assignment.
Result<Assignment> decode_assignment(std::string_view text);

}  // namespace hearth
