#pragma once

#include <string>

#include "core/manager/messages.h"
#include "model/heartbeat.h"
#include "model/record.h"

namespace hearth::sim {

/// Text for all decisions and messages, from which the trace of a history is made.
///
/// Wall times are left out. They are copied and never evaluated: histories on clocks that disagree
/// must be the same, word for word.
std::string text_of(const Write& write);
std::string text_of(const core::ManagerAction& action);
std::string text_of(const Assignment& assignment);
std::string text_of(const Heartbeat& heartbeat);

}  // namespace hearth::sim
