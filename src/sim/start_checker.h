#pragma once

#include <chrono>
#include <map>
#include <set>
#include <vector>

#include "core/manager/messages.h"
#include "model/heartbeat.h"
#include "sim/stored_state.h"
#include "sim/world.h"

namespace hearth::sim {

/// Compares when and where instances start with what they start after, and with what happened to
/// them before. Its safety properties:
///
///   starts-after             an instance is placed to run only if what its release starts after is
///                            there, as far as the manager knows; a replacement also after it has
///                            waited for DependencyWatch::kWaitMax
///   boots-in-order           an agent starts an instance for the first time only after a
///                            dependency, no oneshot, that it had to run before it started, too,
///                            ran there, or after StartOrder::kHoldMax
///   tried-elsewhere-once     an instance in a crash loop is replaced for that once, until it has
///                            been ready again, or a release began or ended; the last try never is
class StartChecker {
 public:
  /// An assignment is on the disk of its node within this time, if nothing stops it.
  static constexpr Duration kStoredWithin = std::chrono::seconds(5);

  StartChecker(World& world, const StoredState& store) : world_(world), store_(store) {}

  /// Decided, and neither stored nor executed.
  void on_batch(const core::ManagerBatch& batch);
  /// An agent is about to start a container of the instance. `report`: of all that its node has.
  void on_start(const NodeName& node, const InstanceId& instance, const Report& report);
  void on_status(const NodeName& node, const Heartbeat& heartbeat);
  void on_agent_crash(const NodeName& node);

 private:
  /// One process of an agent, from the end of the one before it.
  struct Process {
    MonoTime since{};
    std::set<InstanceId> started{};
    std::set<WorkloadName> ran{};
  };
  void check_dependencies(const std::vector<Write>& writes);
  void check_try(const Instance& instance, const std::vector<Write>& writes);
  void note_release(const Workload& workload);
  void note_what_runs(Process& process, const Report& report);
  Process& process_of(const NodeName& node);
  bool had_to_run(const Process& process, const NodeName& node, const WorkloadName& workload) const;

  World& world_;
  const StoredState& store_;
  std::map<InstanceId, MonoTime> created_;
  std::map<InstanceId, MonoTime> placed_;  ///< To run.
  /// Replaced because of a crash loop, and not ready since.
  std::map<InstanceId, WorkloadName> tried_;
  std::map<NodeName, Process> processes_;
};

}  // namespace hearth::sim
