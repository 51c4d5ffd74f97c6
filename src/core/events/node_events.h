#pragma once

#include <cstdint>
#include <optional>

#include "core/events/event_draft.h"
#include "core/node_watch/node_watch.h"

// Events of nodes, in words.
namespace hearth::core::events {

EventDraft of(const NodeTransition& transition);
/// nullopt: not worth an event. `attempts_max`: the attempts before the node is quarantined.
std::optional<EventDraft> of(const RecoveryChange& change, const NodeName& node,
                             std::uint32_t attempts_max);
EventDraft of(const Recovered& recovered, const NodeName& node);
EventDraft node_imported(const Node& node);
/// It reports more incidents than become events.
EventDraft incident_flood(const NodeName& node);
/// That is over; `count` did not become events.
EventDraft incidents_left_out(const NodeName& node, std::uint64_t count);

}  // namespace hearth::core::events
