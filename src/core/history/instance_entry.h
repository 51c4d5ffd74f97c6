#pragma once

#include <optional>

#include "base/time.h"
#include "core/instances/instance_table.h"
#include "model/history.h"

namespace hearth::core {

/// What the history notes of a change of an instance: another condition, another container or
/// another node. Nothing for anything else, a health reason in other words for example: an instance
/// that is unwell would otherwise write an entry at each check.
std::optional<HistoryEntry> entry_of(const InstanceChange& change, WallTime now);

}  // namespace hearth::core
