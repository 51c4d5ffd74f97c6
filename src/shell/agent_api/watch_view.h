#pragma once

#include <string>

#include "base/time.h"
#include "core/instance_slot/instance_slot.h"

namespace hearth {

/// What each rule and each probe of an instance says of its container, and what follows, as JSON
/// (docs/reference/api.md). Spans of time count from `now`: clocks of nodes differ. Bounded by the
/// numbers of rules and probes, and by the bytes that a rule keeps of a line.
std::string watch_view(const core::InstanceSlot::State& slot, MonoTime now);

}  // namespace hearth
