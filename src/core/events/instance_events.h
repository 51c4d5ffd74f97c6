#pragma once

#include <vector>

#include "core/events/event_draft.h"
#include "core/instances/instance_table.h"

namespace hearth::core::events {

/// What a change of an instance means to people, in words; nothing for most. `table`: knows the
/// instance that it replaces.
std::vector<EventDraft> of(const InstanceChange& change, const InstanceTable& table);

}  // namespace hearth::core::events
