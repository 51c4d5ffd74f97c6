#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/heartbeat.h"

namespace hearth {

/// A heartbeat longer than this is refused unread. Room for the report of some 700 instances.
inline constexpr std::size_t kHeartbeatBytesMax = 256 * 1024;
/// A reason, or a problem, is cut to this where it is written, since it is told with every report,
/// and where it is read: it becomes part of events and rows, whoever wrote it.
inline constexpr std::size_t kReasonBytesMax = 1024;
/// An id, a name or a reference is cut to this where it is read. Ours are far shorter; one that was
/// cut ends with "…" and is therefore nobody's.
inline constexpr std::size_t kTermBytesMax = 256;

/// A heartbeat as it stands on a status topic (docs/reference/protocol.md).
///
/// What is written is always read again by decode_heartbeat(), whatever the strings hold: a node
/// must not be taken for dead because of a byte in a log line. A report that does not fit in
/// kHeartbeatBytesMax goes without its reasons; if that is not enough the heartbeat goes without
/// the report, which means "not told".
std::string encode(const Heartbeat& heartbeat);

/// Any JSON object is a sign of life, `{}` too: what it does not tell is absent. kCorrupt, with the
/// path, for what is no JSON object, too large or too deep, of another version, or has a field that
/// is known and of a wrong type.
Result<Heartbeat> decode_heartbeat(std::string_view text);

}  // namespace hearth
