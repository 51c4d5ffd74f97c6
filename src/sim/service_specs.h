#pragma once

#include <string>
#include <vector>

#include "model/workload.h"
#include "sim/programs.h"
#include "sim/world.h"

namespace hearth::sim {

/// Makes a workload's program a service that is watched: with log rules and probes, a restart
/// policy and an order of replacing that the seed draws. Every rule and probe is right about it: it
/// fires only if the program fails.
void make_service(World& world, WorkloadSpec& spec);

/// Makes a workload's program a job that ends with 0.
void make_job(WorkloadSpec& spec);

/// Makes the workload one that adopts the container of that name on the node, with rules and probes
/// like those of a service.
void make_adopted(World& world, WorkloadSpec& spec, const NodeName& node, const std::string& name);

/// What somebody who runs a service by hand gives to its container.
ContainerSpec made_by_hand();

/// The illnesses of which a rule or probe of the workload says that its container must be restarted
/// or replaced, or is degraded.
std::vector<Illness> noticed_illnesses(const InstanceSpec& spec);

}  // namespace hearth::sim
