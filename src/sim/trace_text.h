#pragma once

#include <string>

#include "core/manager/messages.h"
#include "model/heartbeat.h"
#include "model/record.h"

namespace hearth::sim {

/// All that is decided or told, in words: what the trace of a history is made of.
///
/// Wall times are left out. They are copied, never weighed: histories on clocks that disagree must
/// be the same, word by word.
std::string text_of(const Write& write);
std::string text_of(const core::ManagerAction& action);
std::string text_of(const Assignment& assignment);
std::string text_of(const Heartbeat& heartbeat);

}  // namespace hearth::sim
