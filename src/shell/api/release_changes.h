#pragma once

#include <string>

#include "model/workload.h"

namespace hearth {

/// What differs between two releases of a workload, in words for operators: "instances 2 -> 3,
/// environment MODE, bundle". "nothing" if both are the same.
///
/// Values of the environment are not shown: they can be secrets.
std::string changes_between(const WorkloadSpec& before, const WorkloadSpec& after);

}  // namespace hearth
