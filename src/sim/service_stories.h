#pragma once

#include "sim/story.h"

namespace hearth::sim {

/// Services of every kind, whose programs fail one after the other, while everything else is well:
/// each failure that a rule or probe watches for is noticed, and the fresh container is well.
void tell_services_fail(Story& story);

/// Somebody pauses, stops, starts, restarts, removes and renames containers of services; in the end
/// all run as requested.
void tell_hands_meddle(Story& story);

}  // namespace hearth::sim
