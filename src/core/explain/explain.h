#pragma once

#include <string>
#include <vector>

#include "core/manager/manager.h"

// Why a node or a workload is where and what it is, in words, one sentence a line, for
// `hearth explain`. Empty: it is not known.
namespace hearth::core {

std::vector<std::string> explain_node(const Manager& manager, const NodeName& name, Instant now);
std::vector<std::string> explain_workload(const Manager& manager, const WorkloadName& name,
                                          Instant now);

}  // namespace hearth::core
