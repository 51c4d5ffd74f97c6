// The reasons in words, for `hearth explain`.

#include <fmt/format.h>

#include "base/duration_text.h"
#include "core/manager/manager.h"
#include "core/manager/node_record.h"

namespace hearth::core {
namespace {

std::string ago(WallTime then, const Instant& now) {
  return fmt::format("{} ago", show_duration(now.wall - then));
}

std::string words_of(const Recovery& recovery, std::uint32_t attempts_max) {
  const std::string attempt = fmt::format("attempt {} of {}", recovery.attempt, attempts_max);
  switch (recovery.phase) {
    case RecoveryPhase::kNone: return {};
    case RecoveryPhase::kSwitchingOff:
      return fmt::format("its power is being switched off ({})", attempt);
    case RecoveryPhase::kSwitchingOn:
      return fmt::format("its power is being switched on ({})", attempt);
    case RecoveryPhase::kBooting:
      return fmt::format("it was switched on and a heartbeat of a new life is awaited ({})",
                         attempt);
    case RecoveryPhase::kWaiting:
      return fmt::format("{} failed ({}); the next one waits for its backoff", attempt,
                         recovery.reason);
    case RecoveryPhase::kQuarantined:
      return fmt::format("it is set aside after {} attempts ({}); a person must look at it",
                         recovery.attempt, recovery.reason);
  }
  return {};
}

}  // namespace

std::vector<std::string> Manager::explain_node(const NodeName& name, Instant now) const {
  const auto found = nodes_.find(name);
  if (found == nodes_.end()) return {};
  const NodeRecord& record = found->second;
  const Node& node = record.node;

  std::vector<std::string> lines;
  if (node.state == NodeState::kAwaited) {
    lines.push_back(fmt::format(
        "Node '{}' is awaited: nothing has been heard from it, so it is not judged.", name.str()));
  } else {
    lines.push_back(fmt::format("Node '{}' is {} since {} ({}): {}.", name.str(),
                                name_of(node.state), show_time(node.changed_at),
                                ago(node.changed_at, now), node.evidence));
  }
  if (record.soft.last_heard) {
    lines.push_back(fmt::format("Last sign of life: {} ago. Suspect after {}, dead after {}.",
                                show_duration(now.mono - *record.soft.last_heard),
                                show_duration(settings_.liveness.suspect_after),
                                show_duration(settings_.liveness.dead_after)));
  }
  if (!bus_carries_) {
    lines.push_back(
        fmt::format("The manager is blind: {}, so nobody is judged.", blindness(now.mono)));
  }
  lines.push_back(
      record.dial.proven()
          ? fmt::format("Dialling its agent at {}:{} is known to work: it counts as a witness.",
                        node.agent.address, node.agent.port)
          : fmt::format("Dialling its agent at {}:{} has not worked yet: without that witness "
                        "it counts as dead only after {}.",
                        node.agent.address, node.agent.port,
                        show_duration(settings_.liveness.dead_after_unconfirmed)));
  if (const std::string words = words_of(node.recovery, settings_.recovery.attempts_max);
      !words.empty()) {
    lines.push_back("Recovery: " + words + ".");
  } else if (!has_power(name)) {
    lines.push_back("It has no power driver: if it dies, a person must switch it on again.");
  }
  std::string why = unusable(record);
  if (why.empty()) why = strain_of(record.soft.load);
  if (!why.empty()) lines.push_back(fmt::format("It gets no new work: it is {}.", why));
  for (const InstanceId& id : instances_on(name)) {
    const Instance& instance = instances_.at(id);
    lines.push_back(
        fmt::format("Instance '{}' is {}{}.", id.str(), name_of(instance.status.state),
                    instance.status.reason.empty() ? "" : ": " + instance.status.reason));
  }
  return lines;
}

std::vector<std::string> Manager::explain_workload(const WorkloadName& name, Instant now) const {
  const auto found = workloads_.find(name);
  if (found == workloads_.end()) return {};
  const Workload& workload = found->second;

  std::vector<std::string> lines;
  lines.push_back(fmt::format("Workload '{}' is {}{}.", name.str(), name_of(workload.phase),
                              workload.reason.empty() ? "" : ": " + workload.reason));
  if (!bus_carries_) {
    lines.push_back(fmt::format(
        "The manager is blind: {}, so no node hears of new work, and what is said here of "
        "instances may be old.",
        blindness(now.mono)));
  }
  if (workload.build_node) {
    lines.push_back(fmt::format("Generation {} is to be built on '{}'.",
                                workload.next->generation.value, workload.build_node->str()));
  }
  if (workload.current) {
    const WorkloadSpec& spec = workload.current->spec;
    lines.push_back(fmt::format(
        "Generation {} is deployed: {} instance{} wanted; if a node is lost, {}.",
        workload.current->generation.value, spec.instances, spec.instances == 1 ? "" : "s",
        spec.on_node_lost == NodeLossPolicy::kReplace ? "its work starts elsewhere"
                                                      : "its work waits for that node"));
  }
  const auto ids = instances_of_.find(name);
  if (ids == instances_of_.end()) return lines;
  for (const InstanceId& id : ids->second) {
    const Instance& instance = instances_.at(id);
    std::string line = fmt::format("Instance '{}' is {}", id.str(), name_of(instance.status.state));
    if (instance.node) line += fmt::format(" on '{}'", instance.node->str());
    line += fmt::format(" since {}", ago(instance.changed_at, now));
    if (instance.replaces) line += fmt::format(", in place of '{}'", instance.replaces->str());
    if (const std::uint32_t restarts = instance.status.restarts; restarts > 0)
      line += fmt::format(", restarted {} time{} there", restarts, restarts == 1 ? "" : "s");
    if (instance.status.last_exit)
      line += fmt::format(", last exit code {}", instance.status.last_exit->code);
    if (!instance.status.reason.empty()) line += ": " + instance.status.reason;
    lines.push_back(line + ".");
  }
  const auto warm = warm_node_.find(name);
  if (warm != warm_node_.end()) {
    lines.push_back(fmt::format("Its image is kept ready on '{}'.", warm->second.str()));
  }
  return lines;
}

}  // namespace hearth::core
