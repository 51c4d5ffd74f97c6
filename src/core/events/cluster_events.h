#pragma once

#include <set>
#include <string>

#include "core/events/event_draft.h"
#include "model/command.h"
#include "model/ids.h"
#include "model/workload.h"

// Events of the manager, the bus and workloads, in words.
namespace hearth::core::events {

struct Sizes {
  std::size_t nodes = 0;
  std::size_t workloads = 0;
  std::size_t instances = 0;
};

EventDraft manager_started(Epoch epoch, const Sizes& sizes);
EventDraft bus_seeing();
/// `why`: what BusWatch::blindness() returns.
EventDraft bus_blind(const std::string& why);
EventDraft workload_deploying(const WorkloadName& name, const Release& release);
EventDraft workload_built(const WorkloadName& name, Generation generation, const NodeName& builder);
EventDraft workload_failed(const WorkloadName& name, Generation generation,
                           const std::string& reason);
/// An instance of the generation failed while it was rolled out.
EventDraft release_failed(const Workload& workload, Generation generation);
EventDraft workload_deployed(const Workload& workload);
/// Its budget of replacements is spent.
EventDraft budget_spent(const WorkloadName& name);
EventDraft workload_stopped(const Workload& workload);
/// `needed_by`: workloads that start after it.
EventDraft workload_removed(const Workload& workload, const std::set<WorkloadName>& needed_by);
/// It is restarted because `dependency` was.
EventDraft restarted_with(const WorkloadName& name, const WorkloadName& dependency);

}  // namespace hearth::core::events
