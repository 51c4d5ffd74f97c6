#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/manager/messages.h"
#include "core/status_reporter/status_reporter.h"
#include "model/heartbeat.h"
#include "model/settings.h"
#include "sim/stored_state.h"
#include "sim/world.h"

namespace hearth::sim {

/// Compares what Hearth does to services that fail, and to those that do not, with what their
/// programs really do. Its safety properties:
///
///   healthy-is-not-replaced  an instance is replaced as degraded only if its container has given
///                            cause: its program failed, or somebody meddled with it. (That it is
///                            not restarted either is a part of spares-the-wanted, see checker.h.)
///   restarts-within-policy   an agent creates no more containers of an instance than its backoff
///                            allows
///   replacements-within-budget  nor does a manager replace more degraded instances of a workload
///                            in an hour than its budget allows
///   no-gap                   when an instance that was replaced as degraded is stopped, as many
///                            containers of its workload run as are wanted
///   active-is-true           an instance is not stored as running for longer than kActiveMax of
///                            connected time in which its container does not run
///   fires-once-a-hold-off    a log rule of an instance fires at most once within its hold-off,
///   also
///                            if the agent dies, unless its disk refused to store the firing
///   touches-only-its-own     an agent starts, stops, removes and replaces no container that
///                            somebody made by hand and that is not adopted
///   adopted-is-kept          a container that serves an adopted workload is the one made by hand,
///   or
///                            one that was made in its place with all that it had
class ServiceChecker {
 public:
  /// An exit is noticed and stored within this time if nothing stops it. A report of it can be lost
  /// after the broker accepted it, and is then repeated.
  static constexpr Duration kActiveMax =
      core::StatusReporter::kReportPeriod + std::chrono::seconds(2);
  /// After a container ended on its own, or something else than its program failed, as many
  /// containers as wanted run again.
  static constexpr Duration kDisturbedFor = std::chrono::seconds(60);

  /// The actual state of the world.
  struct Truth {
    /// The container has given cause for a restart, at any time.
    std::function<bool(const ContainerId&)> is_at_fault;
    std::function<bool(const NodeName&, const ContainerId&)> runs;
    /// The node and its engine work, and whatever it reports reaches the store at once.
    std::function<bool(const NodeName&)> is_connected;
    std::function<std::uint32_t(const WorkloadName&)> running;
    /// Whether somebody made it by hand, and it is not adopted.
    std::function<bool(const NodeName&, const ContainerId&)> is_foreign;
    /// What the containers of the workload were given by whoever made them; empty: Hearth did.
    std::function<std::vector<std::string>(const WorkloadName&)> mounts_of;
  };

  ServiceChecker(World& world, const StoredState& store, RestartSettings restart, Truth truth)
      : world_(world), store_(store), restart_(restart), truth_(std::move(truth)) {}

  void begin() { sweep(); }
  /// Decided, and neither stored nor executed.
  void on_batch(const core::ManagerBatch& batch);
  /// An agent is about to stop a running container of the instance.
  void on_stop(const InstanceId& instance);
  void on_create(const NodeName& node, const InstanceId& instance);
  /// In the place of an adopted one.
  void on_recreate(const NodeName& node, const InstanceId& instance);
  /// An agent is about to start, stop, remove or replace the container.
  void on_change(const NodeName& node, const ContainerId& container);
  void on_status(const NodeName& node, const Heartbeat& heartbeat);
  /// `stored`: the latest incident that the agent knows to be stored with all that it rests on.
  void on_agent_crash(const NodeName& node, std::uint64_t stored);
  /// What the node's agent knew of its instances is lost, or damaged.
  void on_memory_lost(const NodeName& node);
  void on_manager_crash() { replacements_.clear(); }
  /// Containers ended, or could not start, for another reason than their health.
  void on_disturbance() { disturbed_until_ = world_.now() + kDisturbedFor; }

  /// Whether a degraded instance of the workload is left as it is.
  bool is_budget_spent(const WorkloadName& workload) const;

 private:
  void sweep();
  void check_replacement(const Instance& instance);
  void check_firing(const NodeName& node, const Incident& incident);
  void check_adopted() const;
  void count_fresh(const NodeName& node, const InstanceId& instance);
  std::uint32_t wanted_of(const WorkloadName& workload) const;
  std::optional<Duration> hold_off_of(const InstanceId& instance, const std::string& rule) const;

  World& world_;
  const StoredState& store_;
  const RestartSettings restart_;
  const Truth truth_;
  MonoTime disturbed_until_{};
  std::map<std::pair<NodeName, InstanceId>, std::deque<MonoTime>> created_;  ///< By this agent.
  std::map<WorkloadName, std::deque<MonoTime>> replacements_;  ///< By this manager, as degraded.
  std::set<InstanceId> replaced_;                              ///< As degraded.
  std::map<InstanceId, MonoTime> false_since_;  ///< Stored as running, and does not run.
  struct Reported {
    Incarnation incarnation;
    std::uint64_t number = 0;
  };
  std::map<NodeName, Reported> reported_;  ///< The latest incident of each node.
  struct Firing {
    NodeName node;
    std::uint64_t number = 0;  ///< Of its incident; 0: of an agent that is gone.
    MonoTime at;
  };
  std::map<std::pair<InstanceId, std::string>, Firing> fired_;
};

}  // namespace hearth::sim
