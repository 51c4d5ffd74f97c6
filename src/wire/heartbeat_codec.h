#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/heartbeat.h"

namespace hearth {

/// A longer heartbeat is refused unread. Holds the report of some 700 instances.
inline constexpr std::size_t kHeartbeatBytesMax = 256 * 1024;
/// A reason or a problem is cut to this where it is written, since every report repeats it, and
/// where it is read, since it becomes part of events and rows.
inline constexpr std::size_t kReasonBytesMax = 1024;
/// An id, a name or a reference is cut to this where it is read. Ours are far shorter; a cut one
/// ends with "…" and therefore matches none of ours.
inline constexpr std::size_t kTermBytesMax = 256;

/// The JSON of a heartbeat, on a status topic (docs/reference/protocol.md).
///
/// decode_heartbeat() accepts everything that this writes, whatever the strings contain: a node
/// must not be declared dead because of a byte in a log line. A report that does not fit into
/// kHeartbeatBytesMax is written without its reasons; if it still does not fit, the heartbeat is
/// written without a report, which means "not reported".
std::string encode(const Heartbeat& heartbeat);

/// Any JSON object is a sign of life, even `{}`: fields it lacks are absent. kCorrupt, with the
/// path, for text that is not a JSON object, is too large or too deep, is of another version, or
/// has a known field of a wrong type.
Result<Heartbeat> decode_heartbeat(std::string_view text);

}  // namespace hearth
