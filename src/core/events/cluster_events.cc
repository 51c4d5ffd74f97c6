#include "core/events/cluster_events.h"

#include <fmt/format.h>

namespace hearth::core::events {
namespace {

std::string subject_of(const WorkloadName& name) {
  return "workload/" + name.str();
}

}  // namespace

EventDraft manager_started(Epoch epoch, const Sizes& sizes) {
  return {EventType::kManagerStarted, "manager",
          fmt::format("manager started with epoch {}; nodes: {}, workloads: {}, instances: {}",
                      epoch.value, sizes.nodes, sizes.workloads, sizes.instances)};
}

EventDraft bus_seeing() {
  return {EventType::kBusSeeing, "manager", "the bus works; silences are counted from now on"};
}

EventDraft bus_blind(const std::string& why) {
  return {EventType::kBusBlind, "manager",
          fmt::format("{}: no node is judged and nothing moves until the bus works again", why)};
}

EventDraft workload_deploying(const WorkloadName& name, const Release& release) {
  const WorkloadSpec& spec = release.spec;
  const std::string& by = release.deployed_by;
  if (const auto& adopted = spec.instance.adopted) {
    return {EventType::kWorkloadDeploying, subject_of(name),
            fmt::format("adopting container '{}' as generation {} of '{}'{}", adopted->name,
                        release.generation.value, name.str(),
                        by.empty() ? "" : ", requested by " + by)};
  }
  return {EventType::kWorkloadDeploying, subject_of(name),
          fmt::format("deploying generation {} of '{}': {} instance{} of bundle {}{}",
                      release.generation.value, name.str(), spec.instances,
                      spec.instances == 1 ? "" : "s", spec.bundle.short_hex(),
                      by.empty() ? "" : ", requested by " + by)};
}

EventDraft workload_built(const WorkloadName& name, Generation generation,
                          const NodeName& builder) {
  return {EventType::kWorkloadBuilt, subject_of(name),
          fmt::format("generation {} of '{}' was built on '{}'", generation.value, name.str(),
                      builder.str())};
}

EventDraft workload_failed(const WorkloadName& name, Generation generation,
                           const std::string& reason) {
  return {EventType::kWorkloadFailed, subject_of(name),
          fmt::format("generation {} of '{}' failed to build: {}", generation.value, name.str(),
                      reason)};
}

EventDraft release_failed(const Workload& workload, Generation generation) {
  const bool has_other = workload.current && workload.current->generation != generation;
  return {EventType::kWorkloadFailed, subject_of(workload.name),
          fmt::format("generation {} of '{}' failed: {}; {}", generation.value, workload.name.str(),
                      workload.reason,
                      has_other ? fmt::format("generation {} is kept running",
                                              workload.current->generation.value)
                                : "its instances are restarted as its restart policy says")};
}

EventDraft workload_deployed(const Workload& workload) {
  const Release& release = workload.current_release();
  if (const auto& adopted = release.spec.instance.adopted) {
    return {EventType::kWorkloadDeployed, subject_of(workload.name),
            fmt::format("generation {} of '{}' is deployed: container '{}' is adopted and ready",
                        release.generation.value, workload.name.str(), adopted->name)};
  }
  return {EventType::kWorkloadDeployed, subject_of(workload.name),
          fmt::format("generation {} of '{}' is deployed: all of its instances are ready",
                      release.generation.value, workload.name.str())};
}

EventDraft budget_spent(const WorkloadName& name) {
  return {
      EventType::kWorkloadDegraded, subject_of(name),
      fmt::format("instances of '{}' were replaced so often that no further one is for a while, "
                  "even if it is degraded: '{}' needs an operator ('hearth explain workload "
                  "{}')",
                  name.str(), name.str(), name.str())};
}

EventDraft workload_stopped(const Workload& workload) {
  const std::string& name = workload.name.str();
  if (const auto& adopted = workload.latest().spec.instance.adopted) {
    return {EventType::kWorkloadStopped, subject_of(workload.name),
            fmt::format("stopping '{}' on request: container '{}' is kept; 'hearth restart' starts "
                        "it again",
                        name, adopted->name)};
  }
  return {EventType::kWorkloadStopped, subject_of(workload.name),
          fmt::format("stopping '{}' on request; 'hearth deploy' starts it again", name)};
}

EventDraft workload_removed(const Workload& workload, const std::set<WorkloadName>& needed_by) {
  std::string words = fmt::format("'{}' was removed", workload.name.str());
  if (const auto& adopted = workload.latest().spec.instance.adopted) {
    words += fmt::format(": container '{}' is let go", adopted->name);
  }
  for (const WorkloadName& one : needed_by)
    words +=
        fmt::format("{} '{}'", one == *needed_by.begin() ? "; it is needed by" : ",", one.str());
  return {EventType::kWorkloadRemoved, subject_of(workload.name), std::move(words)};
}

EventDraft restarted_with(const WorkloadName& name, const WorkloadName& dependency) {
  return {EventType::kWorkloadDeploying, subject_of(name),
          fmt::format("'{}' is restarted because '{}' was ('restart_with_it')", name.str(),
                      dependency.str())};
}

}  // namespace hearth::core::events
