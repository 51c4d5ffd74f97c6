#pragma once

#include <functional>
#include <map>
#include <string>
#include <vector>

#include "model/instance.h"
#include "model/workload.h"

namespace hearth::core {

/// What `dependency` lacks, in words that follow "waits for": "'db' to be ready", "'db', which is
/// not deployed". Empty: it is there.
///
/// One instance that was started, or is ready, is enough: a service that is short of one of its
/// instances still serves, and what depends on it must not be down for that. (compose's
/// service_healthy and Kubernetes' Service behave like this.) Any release of a service will do, as
/// its instances are replaced while others serve. A oneshot is there once the release that was
/// requested last has run to its end, or was started: a former migration says nothing about the
/// next one.
///
/// `workload`: nullptr if there is none of that name; `instances`: all of it.
std::string what_lacks(const Dependency& dependency, const Workload* workload,
                       const std::vector<const Instance*>& instances);

/// What the dependencies lack together, joined by "and". `instances_of`: all of a workload.
std::string what_lacks(
    const std::vector<Dependency>& after, const std::map<WorkloadName, Workload>& workloads,
    const std::function<std::vector<const Instance*>(const WorkloadName&)>& instances_of);

}  // namespace hearth::core
