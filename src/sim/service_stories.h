#pragma once

#include "sim/story.h"

namespace hearth::sim {

/// Services of every kind, whose programs fail one after the other, while everything else is well:
/// each failure that a rule or probe watches for is noticed, and the fresh container is well.
void tell_services_fail(Story& story);

/// Workloads that start after others, some tied to a node: nodes boot, dependencies crash, are
/// restarted and go away for a while, and nothing starts before what it needs.
void tell_dependencies(Story& story);

/// The programs of a service crash on one node, where others are well; and on all nodes, until an
/// operator mends them.
void tell_crash_loops(Story& story);

/// A container that somebody made is adopted: it dies, is meddled with, replaced, released and
/// stopped, while the agent dies, and is let go without a trace.
void tell_adoption(Story& story);

/// Somebody pauses, stops, starts, restarts, removes, renames and commits containers of services;
/// in the end all run as requested.
void tell_hands_meddle(Story& story);

}  // namespace hearth::sim
