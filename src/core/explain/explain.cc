#include "core/explain/explain.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/duration_text.h"
#include "core/dependencies/what_lacks.h"

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
      return fmt::format("it was switched on; waiting for a heartbeat of a new incarnation ({})",
                         attempt);
    case RecoveryPhase::kWaiting:
      return fmt::format("{} failed ({}); the next one starts after a backoff", attempt,
                         recovery.reason);
    case RecoveryPhase::kQuarantined:
      return fmt::format("it is quarantined after {} attempts ({}) and needs an operator",
                         recovery.attempt, recovery.reason);
  }
  return {};
}

std::string bytes_words(std::uint64_t bytes) {
  return fmt::format("{:.1f} MiB", static_cast<double>(bytes) / (1024 * 1024));
}

/// " of 512", or nothing without a limit.
std::string of_limit(const std::optional<std::uint64_t>& limit) {
  return limit ? fmt::format(" of {}", *limit) : "";
}

/// "It uses 12 % of a core, 38.0 MiB of 64.0 MiB of memory, 4 of 512 processes, 30 of 1024 open
/// files."; empty if nothing is known.
std::string line_of(const InstanceUsage& usage) {
  std::vector<std::string> parts;
  if (usage.cpu_permille) parts.push_back(fmt::format("{} % of a core", *usage.cpu_permille / 10));
  if (usage.memory_bytes) {
    const auto& limit = usage.memory_limit_bytes;
    parts.push_back(fmt::format("{}{} of memory", bytes_words(*usage.memory_bytes),
                                limit ? " of " + bytes_words(*limit) : ""));
  }
  if (usage.processes)
    parts.push_back(fmt::format("{}{} processes", *usage.processes, of_limit(usage.processes_max)));
  if (usage.open_files) {
    parts.push_back(
        fmt::format("{}{} open files", *usage.open_files, of_limit(usage.open_files_max)));
  }
  if (parts.empty()) return {};
  std::string line = fmt::format("It uses {}.", fmt::join(parts, ", "));
  if (usage.memory_full_in) {
    line += fmt::format(" Its memory grows and reaches its limit in about {}.",
                        show_duration(*usage.memory_full_in));
  }
  return line;
}

std::string line_of(const Instance& instance, const Instant& now) {
  const InstanceStatus& status = instance.status;
  std::string line = fmt::format("Instance '{}' is {}", instance.id.str(), name_of(status.state));
  if (instance.node) line += fmt::format(" on '{}'", instance.node->str());
  line += fmt::format(" (changed {})", ago(instance.changed_at, now));
  if (instance.replaces) line += fmt::format(", replacing '{}'", instance.replaces->str());
  if (const std::uint32_t restarts = status.restarts; restarts > 0)
    line += fmt::format(", restarted {} time{} there", restarts, restarts == 1 ? "" : "s");
  if (status.last_exit) line += fmt::format(", last exit code {}", status.last_exit->code);
  if (!status.reason.empty()) line += ": " + status.reason;
  line += '.';
  const bool is_ill = status.health == Health::kStarting || status.health == Health::kDegraded;
  if (is_ill) line += fmt::format(" It is {}: {}.", name_of(status.health), status.health_reason);
  if (status.must_be_replaced) line += " Its node asks for a replacement.";
  if (status.state == InstanceState::kCrashLoop)
    line += fmt::format(" 'hearth restart {}' or a deploy tries anew.", instance.workload.str());
  return line;
}

/// How often its instances may still be replaced before they fail.
std::string line_on_budget(const ReplacementBudget& budget, const WorkloadName& name,
                           const Instant& now) {
  const std::size_t left = budget.left(name);
  std::string line =
      fmt::format("Of {} replacements within {}, {} {} left", ReplacementBudget::kReplacementsMax,
                  show_duration(ReplacementBudget::kWindow), left, left == 1 ? "is" : "are");
  if (left == 0) line += ": an instance that is degraded or in a crash loop is left as it is";
  if (const std::optional<MonoTime> next = budget.next_refill(name))
    line +=
        fmt::format("; the next one in {}", show_duration(std::max(Duration(0), *next - now.mono)));
  return line + ".";
}

/// What it starts after, and what starts after it.
std::vector<std::string> lines_on_order(const Manager& manager, const Workload& workload) {
  std::vector<std::string> lines;
  const Release* target = workload.target() != nullptr ? workload.target() : &workload.latest();
  for (const Dependency& one : target->spec.after) {
    const std::string lacks = what_lacks(
        {one}, manager.workloads(),
        [&manager](const WorkloadName& name) { return manager.instance_table().rows_of(name); });
    lines.push_back(fmt::format("It starts after '{}' is {}{}: {}.", one.workload.str(),
                                name_of(one.until),
                                one.restart_with_it ? ", and is restarted with it" : "",
                                lacks.empty() ? "that is so" : "it waits for " + lacks));
  }
  for (const WorkloadName& one : manager.dependents().of(workload.name))
    lines.push_back(fmt::format("'{}' starts after it.", one.str()));
  return lines;
}

}  // namespace

std::vector<std::string> explain_node(const Manager& manager, const NodeName& name, Instant now) {
  const NodeWatch* watch = manager.fleet().find(name);
  if (watch == nullptr) return {};
  const Node& node = watch->node();
  const LivenessSettings& liveness = manager.settings().liveness;

  std::vector<std::string> lines;
  if (node.state == NodeState::kAwaited) {
    lines.push_back(fmt::format(
        "Node '{}' is awaited: it has sent no heartbeat yet, so it is not judged.", name.str()));
  } else {
    lines.push_back(fmt::format("Node '{}' has been {} since {} ({}): {}.", name.str(),
                                name_of(node.state), show_time(node.changed_at),
                                ago(node.changed_at, now), node.evidence));
  }
  if (const std::optional<MonoTime> received = watch->last_received()) {
    lines.push_back(fmt::format("Last sign of life: {} ago. Suspect after {}, dead after {}.",
                                show_duration(now.mono - *received),
                                show_duration(liveness.suspect_after),
                                show_duration(liveness.dead_after)));
  }
  if (!manager.bus_carries()) {
    lines.push_back(fmt::format("The manager is blind: {}, so no node is judged.",
                                manager.bus().blindness(now.mono)));
  }
  lines.push_back(
      watch->dial().proven()
          ? fmt::format("Dialling its agent at {}:{} is known to work, so it counts as a witness.",
                        node.agent.address, node.agent.port)
          : fmt::format("Dialling its agent at {}:{} has not worked yet: without that witness, "
                        "the node counts as dead only after {} of silence.",
                        node.agent.address, node.agent.port,
                        show_duration(liveness.dead_after_unconfirmed)));
  const std::string recovery = words_of(node.recovery, manager.settings().recovery.attempts_max);
  if (!recovery.empty()) {
    lines.push_back("Recovery: " + recovery + ".");
  } else if (!manager.settings().has_power(name)) {
    lines.push_back("It has no power driver: if it dies, an operator must switch it on again.");
  }
  const Eligibility& eligibility = manager.capacity().eligibility(name);
  if (!eligibility.is_eligible())
    lines.push_back(fmt::format("It gets no new work: it is {}.", eligibility.words()));
  for (const InstanceId& id : manager.instances_on(name)) {
    const InstanceStatus& status = manager.instance_table().instance(id).status;
    lines.push_back(fmt::format("Instance '{}' is {}{}.", id.str(), name_of(status.state),
                                status.reason.empty() ? "" : ": " + status.reason));
  }
  return lines;
}

std::vector<std::string> explain_workload(const Manager& manager, const WorkloadName& name,
                                          Instant now) {
  const auto found = manager.workloads().find(name);
  if (found == manager.workloads().end()) return {};
  const Workload& workload = found->second;

  std::vector<std::string> lines;
  lines.push_back(fmt::format("Workload '{}' is {}{}.", name.str(), name_of(workload.phase),
                              workload.reason.empty() ? "" : ": " + workload.reason));
  if (!manager.bus_carries()) {
    lines.push_back(fmt::format(
        "The manager is blind: {}, so no node gets new work, and the state of instances below may "
        "be out of date.",
        manager.bus().blindness(now.mono)));
  }
  if (workload.build_node) {
    lines.push_back(fmt::format("Generation {} is to be built on '{}'.",
                                workload.latest().generation.value, workload.build_node->str()));
  }
  if (const std::optional<NodeName>& only = workload.latest().spec.node)
    lines.push_back(fmt::format("It may run on node '{}' only.", only->str()));
  if (workload.current) {
    const WorkloadSpec& spec = workload.current->spec;
    if (const auto& adopted = spec.instance.adopted) {
      lines.push_back(fmt::format(
          "It adopts container '{}': somebody else made that; when it ends, {}.", adopted->name,
          adopted->restart == AdoptedContainer::Restart::kStart
              ? "it is started again"
              : "a fresh one like it takes its place"));
    }
    lines.push_back(fmt::format(
        "Generation {} is kept running: {} instance{} wanted; if a node is lost, {}.",
        workload.current->generation.value, spec.instances, spec.instances == 1 ? "" : "s",
        spec.on_node_lost == NodeLossPolicy::kReplace ? "its work starts elsewhere"
                                                      : "its work waits for that node"));
  }
  if (workload.phase == WorkloadPhase::kRollingOut && workload.next) {
    lines.push_back(fmt::format(
        "Generation {} replaces it, one instance at a time, each once the one before is ready.",
        workload.next->generation.value));
  }
  for (std::string& line : lines_on_order(manager, workload)) lines.push_back(std::move(line));
  if (workload.current) lines.push_back(line_on_budget(manager.budget(), name, now));
  for (const InstanceId& id : manager.instance_table().of_workload(name)) {
    const Instance& instance = manager.instance_table().instance(id);
    lines.push_back(line_of(instance, now));
    const InstanceUsage* usage = manager.usage_of(instance);
    if (const std::string words = usage == nullptr ? "" : line_of(*usage); !words.empty())
      lines.back() += " " + words;
  }
  if (const std::optional<NodeName> warm = manager.warm_images().holder_of(name))
    lines.push_back(fmt::format("Its image is kept ready on '{}'.", warm->str()));
  return lines;
}

}  // namespace hearth::core
