#include "sim/service_checker.h"

#include <algorithm>

#include <fmt/format.h>

#include "core/memory_keeper/memory_keeper.h"
#include "core/moves/replacement_budget.h"

namespace hearth::sim {
namespace {

using core::ReplacementBudget;
using std::chrono::seconds;

constexpr Duration kSweepPeriod = seconds(1);
/// Between a firing and the report of it.
constexpr Duration kReportedWithin = core::kDecisionWait + std::chrono::milliseconds(100);

/// The most containers that a policy lets an agent create within the time that makes an instance
/// healthy: the first one, one at once, and one after each wait.
std::size_t creations_max(const RestartSettings& restart) {
  std::size_t most = 2;
  Duration wait = restart.backoff_min;
  for (Duration waited = wait; waited < restart.healthy_after; waited += wait) {
    ++most;
    wait = std::min(2 * wait, restart.backoff_max);
  }
  return most;
}

/// "rule 'beats': …"; nullopt: something else was noticed.
std::optional<std::string> rule_of(const std::string& message) {
  constexpr std::string_view kStart = "rule '";
  if (!message.starts_with(kStart)) return std::nullopt;
  return message.substr(kStart.size(), message.find('\'', kStart.size()) - kStart.size());
}

/// Of the container that the workload adopted; nullopt: Hearth makes its containers.
std::optional<std::string> adopted_name(const StoredState& store, const WorkloadName& workload) {
  const auto found = store.workloads().find(workload);
  if (found == store.workloads().end() || !found->second.current) return std::nullopt;
  const std::optional<AdoptedContainer>& adopted =
      found->second.current_release().spec.instance.adopted;
  return adopted ? std::optional(adopted->name) : std::nullopt;
}

}  // namespace

void ServiceChecker::on_batch(const core::ManagerBatch& batch) {
  for (const Write& write : batch.writes) {
    const auto* put = std::get_if<PutInstance>(&write);
    if (put != nullptr && !store_.instances().contains(put->instance.id)) {
      check_replacement(put->instance);
    }
  }
}

/// `instance` is new.
void ServiceChecker::check_replacement(const Instance& instance) {
  if (!instance.replaces) return;
  const auto found = store_.instances().find(*instance.replaces);
  if (found == store_.instances().end()) return;
  const Instance& replaced = found->second;
  const bool is_degraded = replaced.status.must_be_replaced &&
                           replaced.status.state == InstanceState::kRunning &&
                           replaced.generation == instance.generation;
  if (!is_degraded || !replaced.node) return;
  if (store_.nodes().at(*replaced.node).state != NodeState::kLive) return;
  replaced_.insert(replaced.id);
  if (!truth_.is_at_fault(replaced.status.container)) {
    world_.violate("healthy-is-not-replaced", fmt::format("'{}' is replaced: {}", replaced.id.str(),
                                                          replaced.status.health_reason));
  }
  std::deque<MonoTime>& spent = replacements_[instance.workload];
  spent.push_back(world_.now());
  while (spent.front() + ReplacementBudget::kWindow <= world_.now()) spent.pop_front();
  if (spent.size() > ReplacementBudget::kReplacementsMax) {
    world_.violate("replacements-within-budget",
                   fmt::format("'{}' is replacement {} of '{}' within an hour", instance.id.str(),
                               spent.size(), instance.workload.str()));
  }
}

bool ServiceChecker::is_budget_spent(const WorkloadName& workload) const {
  const auto found = replacements_.find(workload);
  return found != replacements_.end() &&
         found->second.size() >= ReplacementBudget::kReplacementsMax;
}

std::uint32_t ServiceChecker::wanted_of(const WorkloadName& workload) const {
  const auto found = store_.workloads().find(workload);
  if (found == store_.workloads().end() || !found->second.current) return 0;
  if (found->second.phase != WorkloadPhase::kDeployed) return 0;
  return found->second.current->spec.instances;
}

void ServiceChecker::on_stop(const InstanceId& instance) {
  const auto found = store_.instances().find(instance);
  if (found == store_.instances().end()) return;
  if (found->second.desired_state != DesiredState::kStop) return on_disturbance();  // A restart.
  if (!replaced_.contains(instance) || world_.now() < disturbed_until_) return;
  const WorkloadName& workload = found->second.workload;
  const std::uint32_t others = truth_.running(workload) - 1;
  if (others >= wanted_of(workload)) return;
  world_.violate("no-gap",
                 fmt::format("'{}' is stopped, and {} of {} containers of '{}' run", instance.str(),
                             others, wanted_of(workload), workload.str()));
}

void ServiceChecker::on_create(const NodeName& node, const InstanceId& instance) {
  const auto found = store_.instances().find(instance);
  if (found != store_.instances().end() && adopted_name(store_, found->second.workload)) {
    world_.violate("adopted-is-kept",
                   fmt::format("'{}' creates a container of '{}'", node.str(), instance.str()));
  }
  count_fresh(node, instance);
}

void ServiceChecker::on_recreate(const NodeName& node, const InstanceId& instance) {
  count_fresh(node, instance);
}

void ServiceChecker::on_change(const NodeName& node, const ContainerId& container) {
  if (!truth_.is_foreign(node, container)) return;
  world_.violate("touches-only-its-own",
                 fmt::format("'{}' changes container {}, which somebody else made", node.str(),
                             container.str()));
}

void ServiceChecker::count_fresh(const NodeName& node, const InstanceId& instance) {
  std::deque<MonoTime>& created = created_[{node, instance}];
  created.push_back(world_.now());
  while (created.front() + restart_.healthy_after < world_.now()) created.pop_front();
  if (created.size() > creations_max(restart_)) {
    world_.violate(
        "restarts-within-policy",
        fmt::format("'{}' creates container {} of '{}' within {} s", node.str(), created.size(),
                    instance.str(), restart_.healthy_after / seconds(1)));
  }
}

void ServiceChecker::on_agent_crash(const NodeName& node, std::uint64_t stored) {
  std::erase_if(created_, [&](const auto& entry) { return entry.first.first == node; });
  std::erase_if(fired_, [&](const auto& entry) {
    return entry.second.node == node && entry.second.number > stored;
  });
  for (auto& [rule, firing] : fired_) {
    if (firing.node == node) firing.number = 0;
  }
}

void ServiceChecker::on_memory_lost(const NodeName& node) {
  std::erase_if(fired_, [&](const auto& entry) { return entry.second.node == node; });
}

void ServiceChecker::on_status(const NodeName& node, const Heartbeat& heartbeat) {
  if (!heartbeat.report) return;
  Reported& reported = reported_[node];
  if (reported.incarnation != heartbeat.incarnation) reported = {heartbeat.incarnation, 0};
  for (const Incident& incident : heartbeat.report->incidents) {
    if (incident.number <= reported.number) continue;
    reported.number = incident.number;
    check_firing(node, incident);
  }
}

void ServiceChecker::check_firing(const NodeName& node, const Incident& incident) {
  world_.note(node.str(),
              fmt::format("notices of '{}': {}", incident.instance.str(), incident.message));
  const std::optional<std::string> rule = rule_of(incident.message);
  if (!rule) return;
  const std::optional<Duration> hold_off = hold_off_of(incident.instance, *rule);
  const Firing firing{node, incident.number, world_.now()};
  const auto [entry, is_first] = fired_.try_emplace({incident.instance, *rule}, firing);
  if (is_first || !hold_off) return;
  const Firing before = std::exchange(entry->second, firing);
  if (firing.at - before.at + kReportedWithin >= *hold_off) return;
  world_.violate(
      "fires-once-a-hold-off",
      fmt::format("rule '{}' of '{}' fires again after {} ms", *rule, incident.instance.str(),
                  (firing.at - before.at) / std::chrono::milliseconds(1)));
}

std::optional<Duration> ServiceChecker::hold_off_of(const InstanceId& instance,
                                                    const std::string& rule) const {
  const auto found = store_.instances().find(instance);
  if (found == store_.instances().end()) return std::nullopt;
  const auto workload = store_.workloads().find(found->second.workload);
  if (workload == store_.workloads().end()) return std::nullopt;
  const Release* release = workload->second.find_release(found->second.generation);
  if (release == nullptr) return std::nullopt;
  for (const LogRule& one : release->spec.instance.log_rules) {
    if (one.name == rule) return one.hold_off;
  }
  return std::nullopt;
}

void ServiceChecker::check_adopted() const {
  for (const auto& [name, workload] : store_.workloads()) {
    const std::optional<std::string> adopted = adopted_name(store_, name);
    if (!adopted) continue;
    for (const std::string& mounts : truth_.mounts_of(name)) {
      if (mounts == "the data of " + *adopted) continue;
      world_.violate("adopted-is-kept",
                     fmt::format("a container of '{}' has '{}'", name.str(), mounts));
    }
  }
}

void ServiceChecker::sweep() {
  check_adopted();
  std::set<InstanceId> seen;
  for (const auto& [id, instance] : store_.instances()) {
    if (instance.status.state != InstanceState::kRunning || !instance.node) continue;
    const bool is_false = truth_.is_connected(*instance.node) &&
                          !truth_.runs(*instance.node, instance.status.container);
    if (!is_false) continue;
    seen.insert(id);
    const MonoTime since = false_since_.try_emplace(id, world_.now()).first->second;
    if (world_.now() - since <= kActiveMax) continue;
    world_.violate("active-is-true",
                   fmt::format("'{}' is stored as running on '{}', and its container does not run",
                               id.str(), instance.node->str()));
  }
  std::erase_if(false_since_, [&](const auto& entry) { return !seen.contains(entry.first); });
  world_.after(kSweepPeriod, [this] { sweep(); });
}

}  // namespace hearth::sim
