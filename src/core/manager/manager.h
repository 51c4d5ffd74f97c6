#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "core/assignments/assignment_ledger.h"
#include "core/batch/changes.h"
#include "core/builds/build_board.h"
#include "core/builds/build_watch.h"
#include "core/dependencies/dependency_watch.h"
#include "core/dependencies/dependents.h"
#include "core/evidence/bus_watch.h"
#include "core/fleet/fleet.h"
#include "core/instances/instance_table.h"
#include "core/manager/messages.h"
#include "core/moves/move_backlog.h"
#include "core/moves/replacement_budget.h"
#include "core/nodes/node_executor.h"
#include "core/placement/capacity_table.h"
#include "core/rollout/start_watch.h"
#include "core/timed/timed_part.h"
#include "core/warm_images/warm_images.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

using ManagerSettings = FleetSettings;

/// Counts for metrics, all since the start.
struct ManagerCounters {
  std::uint64_t heartbeats = 0;
  std::uint64_t heartbeats_stale = 0;  ///< Of an older incarnation, or repeated: no sign of life.
  std::uint64_t steps_late = 0;        ///< The loop itself was late, so deadlines were put off.
  std::uint64_t nodes_tended = 0;      ///< How often a node was examined.
  /// Records to write and things to examine again (Changes::marked()).
  std::uint64_t entries_marked = 0;
  bool operator==(const ManagerCounters&) const = default;
};

/// What is known of replacements: how many there were, and which wait for room.
struct ReplacementState {
  ReplacementBudget::State budget;
  MoveBacklog::State backlog;
  bool operator==(const ReplacementState&) const = default;
};

/// The whole state of a manager between two steps, soft state included.
struct ManagerState {
  Epoch epoch;
  std::uint64_t last_event_seq = 0;
  Instant now;
  std::optional<MonoTime> promised;
  ManagerCounters counters;
  BusWatch::State bus;
  Fleet::State fleet;
  WorkloadCatalog::State workloads;
  InstanceTable::State instances;
  StartWatch::State starts;
  BuildWatch::State build_watch;
  ReplacementState replacements;
  DependencyWatch::State waits;
  AssignmentLedger::State assignments;
  WarmImages::State warm_images;
  bool operator==(const ManagerState&) const = default;
};

/// The control plane as a pure function: decides which nodes are live, where work is placed and
/// built, and how lost nodes are brought back.
///
/// Sans-io: it reads no clock, arms no timer and performs no action. The same snapshot and the same
/// events at the same instants give the same batches, byte for byte. The shell delivers Started
/// first, then events as they happen, and Ticked no later than next_deadline(); it commits a
/// batch's writes before it executes the batch's actions, and takes no other step in between.
///
/// It makes no decision itself: it passes each event to the part or the executor responsible, and
/// runs the executors in this order: nodes, builds, instances, assignments. Each part is the only
/// place where its state changes.
///
/// Not responsible for: bytes, topics, retries of the transport. Not thread-safe.
class Manager {
 public:
  /// Continues from `snapshot` with the next epoch.
  Manager(ManagerSettings settings, Snapshot snapshot, Instant now);
  /// Resumes from the result of save(), in the same epoch.
  Manager(ManagerSettings settings, ManagerState state);
  /// Only between two steps.
  ManagerState save() const;

  /// Applies `event` as of `now`, which never runs backwards.
  ManagerBatch step(const ManagerEvent& event, Instant now);

  /// When Ticked must be delivered even if nothing else happens.
  MonoTime next_deadline() const;

  // Its state, for display. Valid until the next step.
  Epoch epoch() const { return epoch_; }
  bool bus_carries() const { return bus_.carries(); }
  const BusWatch& bus() const { return bus_; }
  const ManagerCounters& counters() const { return counters_; }
  const ManagerSettings& settings() const { return settings_; }
  const Fleet& fleet() const { return fleet_; }
  const InstanceTable& instance_table() const { return instances_; }
  const AssignmentLedger& assignments() const { return assignments_; }
  const CapacityTable& capacity() const { return capacity_; }
  const Dependents& dependents() const { return dependents_; }
  const WarmImages& warm_images() const { return warm_images_; }
  const ReplacementBudget& budget() const { return budget_; }
  std::vector<const Node*> nodes() const;
  const Node* find_node(const NodeName& name) const;
  const std::map<WorkloadName, Workload>& workloads() const { return workloads_.rows(); }
  const std::map<InstanceId, Instance>& instances() const { return instances_.rows(); }
  const std::set<InstanceId>& instances_on(const NodeName& node) const {
    return instances_.on_node(node);
  }
  /// As last reported; nullptr: its container does not run, or its node has not said.
  const InstanceUsage* usage_of(const Instance& instance) const;

  /// Aborts if the state of one part contradicts another.
  void check_invariants() const;

 private:
  void on(const Started& event, NodeExecutor& nodes);
  void on(const Ticked& event, NodeExecutor& nodes);
  void on(const HeartbeatReceived& event, NodeExecutor& nodes);
  void on(const StatusFetched& event, NodeExecutor& nodes);
  void on(const CanaryReturned& event, NodeExecutor& nodes);
  void on(const Dialled& event, NodeExecutor& nodes);
  void on(const PowerSwitched& event, NodeExecutor& nodes);
  void on(const CommandReceived& event, NodeExecutor& nodes);
  void receive(NodeWatch& watch, const Heartbeat& heartbeat, MonoTime received_at,
               NodeExecutor::Way way, NodeExecutor& nodes);
  void note_stall(NodeExecutor& nodes);
  void watch_bus(NodeExecutor& nodes);
  void note_sight(Condition condition, WallTime at, std::string_view cause);
  void reconcile_work();
  void publish_assignments(NodeExecutor& nodes);

  /// All parts that wait for time to pass, addressed as one.
  static auto timed_parts(auto& self) {
    return TimedParts(self.bus_, self.fleet_, self.assignments_, self.starts_, self.build_watch_,
                      self.budget_, self.waits_);
  }
  NodeExecutor node_executor();
  Changes::Tables tables();
  const Release& release_of(const Instance& instance) const;
  void derive(BuildBoard& builds, CapacityTable& capacity, Dependents& dependents) const;

  ManagerSettings settings_;
  Epoch epoch_;
  Instant now_;
  std::optional<MonoTime> promised_;  ///< The deadline that the last step announced.
  ManagerCounters counters_;

  BusWatch bus_;
  Fleet fleet_;
  WorkloadCatalog workloads_;
  InstanceTable instances_;
  StartWatch starts_;
  BuildWatch build_watch_;
  ReplacementBudget budget_;
  MoveBacklog backlog_;
  DependencyWatch waits_;
  AssignmentLedger assignments_;
  WarmImages warm_images_;

  // Derived from the parts above, and kept up to date.
  BuildBoard builds_;
  CapacityTable capacity_;
  Dependents dependents_;
  Changes changes_;
};

}  // namespace hearth::core
