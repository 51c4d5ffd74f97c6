#include "shell/api/manager_metrics.h"

#include <array>
#include <map>

#include "shell/metrics/http_metrics.h"

namespace hearth {
namespace {

constexpr std::array kNodeStates{NodeState::kAwaited,   NodeState::kLive,
                                 NodeState::kSuspect,   NodeState::kUnreachable,
                                 NodeState::kAgentDown, NodeState::kDead};
constexpr std::array kInstanceStates{InstanceState::kPending,  InstanceState::kAssigned,
                                     InstanceState::kFetching, InstanceState::kStarting,
                                     InstanceState::kStaged,   InstanceState::kRunning,
                                     InstanceState::kBackoff,  InstanceState::kCrashLoop,
                                     InstanceState::kStopping, InstanceState::kLost};
constexpr std::array kWorkloadPhases{WorkloadPhase::kBuilding, WorkloadPhase::kDeployed,
                                     WorkloadPhase::kFailed, WorkloadPhase::kStopped,
                                     WorkloadPhase::kRemoving};

/// Every known value is shown, even at 0: alerts need a series that does not come and go.
template <class E, std::size_t N>
void write_by(MetricsText& out, std::string_view label, const std::array<E, N>& all,
              const std::map<E, std::uint64_t>& counts) {
  for (const E one : all) {
    const auto found = counts.find(one);
    out.sample(label, name_of(one), found == counts.end() ? 0 : found->second);
  }
}

void write_fleet(MetricsText& out, const core::Manager& manager) {
  std::map<NodeState, std::uint64_t> nodes;
  std::uint64_t quarantined = 0;
  for (const Node* node : manager.nodes()) {
    ++nodes[node->state];
    if (node->recovery.phase == RecoveryPhase::kQuarantined) ++quarantined;
  }
  write_by(out.gauge("hearth_nodes", "Nodes by the manager's verdict."), "state", kNodeStates,
           nodes);
  out.gauge("hearth_nodes_quarantined", "Nodes that need an operator.").sample(quarantined);
  out.gauge("hearth_node_up", "1 if the node is live or suspect, else 0.");
  for (const Node* node : manager.nodes()) {
    const bool up = node->state == NodeState::kLive || node->state == NodeState::kSuspect;
    out.sample("node", node->name.str(), up ? 1 : 0);
  }
}

void write_work(MetricsText& out, const core::Manager& manager) {
  std::map<WorkloadPhase, std::uint64_t> workloads;
  for (const auto& [name, workload] : manager.workloads()) ++workloads[workload.phase];
  write_by(out.gauge("hearth_workloads", "Workloads by phase."), "phase", kWorkloadPhases,
           workloads);
  std::map<InstanceState, std::uint64_t> instances;
  for (const auto& [id, instance] : manager.instances()) ++instances[instance.status.state];
  write_by(out.gauge("hearth_instances", "Instances by state."), "state", kInstanceStates,
           instances);
}

void write_manager(MetricsText& out, const ManagerService& service) {
  const core::ManagerCounters& core = service.manager().counters();
  const ManagerShellCounters& shell = service.shell_counters();
  out.gauge("hearth_manager_epoch", "The fencing token of this start of the manager.")
      .sample(service.manager().epoch().value);
  out.gauge("hearth_bus_carries", "1 if the bus carries the manager's own canary, else 0.")
      .sample(service.manager().bus_carries() ? 1 : 0);
  out.gauge("hearth_last_event_seq", "The number of the last cluster event.")
      .sample(service.last_event_seq());
  out.counter("hearth_heartbeats_total", "Heartbeats accepted as signs of life.")
      .sample(core.heartbeats);
  out.counter("hearth_heartbeats_stale_total", "Heartbeats of an older incarnation, or repeated.")
      .sample(core.heartbeats_stale);
  out.counter("hearth_steps_late_total", "Times that the manager's own loop was late.")
      .sample(core.steps_late);
  out.counter("hearth_payloads_rejected_total", "Malformed messages on the bus.")
      .sample(shell.payloads_rejected);
  out.counter("hearth_inbox_overflows_total", "Heartbeats dropped or cut while the store was slow.")
      .sample(shell.inbox_overflows);
  out.counter("hearth_heartbeats_superseded_total",
              "Heartbeats that a newer one replaced while the store was slow.")
      .sample(shell.heartbeats_superseded);
  out.counter("hearth_store_commits_total", "Transactions committed.").sample(shell.commits);
  out.counter("hearth_store_commits_failed_total", "Transactions that failed and were retried.")
      .sample(shell.commits_failed);
  out.gauge("hearth_store_backlog_bytes", "Size of the store's write-ahead log at the last commit.")
      .sample(shell.store.backlog_bytes);
  out.counter("hearth_store_events_dropped_total",
              "Events deleted before their time because the disk was full.")
      .sample(shell.store.events_dropped);
  out.counter("hearth_bus_publish_failures_total", "Records that the bus did not accept.")
      .sample(shell.publish_failures);
  out.counter("hearth_statuses_of_others_total",
              "Statuses that another node's agent returned at a node's address.")
      .sample(shell.statuses_of_others);
  out.counter("hearth_bus_topics_missing_total", "Times that a topic of Hearth was found missing.")
      .sample(shell.topics_missing);
  out.counter("hearth_events_published_total", "Cluster events emitted since the start.")
      .sample(shell.events_published);
}

}  // namespace

std::string manager_metrics(const ManagerService& service, const HttpServerCounters& http,
                            std::string_view version) {
  MetricsText out;
  out.gauge("hearth_build_info", "Always 1; the label gives the version.")
      .sample("version", version, 1);
  write_fleet(out, service.manager());
  write_work(out, service.manager());
  write_manager(out, service);
  write_http_metrics(out, http);
  return std::move(out).text();
}

}  // namespace hearth
