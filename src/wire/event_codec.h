#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "model/event.h"

namespace hearth {

inline constexpr std::size_t kEventBytesMax = 64 * 1024;
/// An event's message and subject are cut to these where they are read.
inline constexpr std::size_t kEventMessageBytesMax = 8 * 1024;
inline constexpr std::size_t kEventSubjectBytesMax = 256;

/// An event as CloudEvents 1.0 in its JSON format (docs/reference/protocol.md). `cluster` becomes
/// part of the source, "hearth/<cluster>", so that the events of two clusters can share a topic.
std::string encode(const ClusterEvent& event, std::string_view cluster);

/// Accepts Hearth's own events. kCorrupt, with the path, for other CloudEvents and anything else.
Result<ClusterEvent> decode_cluster_event(std::string_view text);

}  // namespace hearth
