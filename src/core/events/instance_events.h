#pragma once

#include <string>
#include <vector>

#include "base/time.h"
#include "core/events/event_draft.h"
#include "core/instances/instance_table.h"
#include "model/incident.h"

namespace hearth::core::events {

/// The events that a change of an instance makes, in words; none for most changes. `table` is where
/// the instance that it replaces is looked up.
std::vector<EventDraft> of(const InstanceChange& change, const InstanceTable& table);

/// It starts although what it starts after lacks, as `lacks` says: it has waited for `waited`.
EventDraft starts_without(const Instance& instance, const std::string& lacks, Duration waited);

/// The node of the instance noticed something about it.
EventDraft noticed(const Instance& instance, const Incident& incident);

}  // namespace hearth::core::events
