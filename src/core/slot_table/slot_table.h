#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "core/health/watch_messages.h"
#include "core/incidents/incident_log.h"
#include "core/instance_slot/instance_slot.h"
#include "core/operations/container_messages.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/listing.h"
#include "core/start_order/start_order.h"
#include "core/starvation/node_starvation.h"
#include "model/assignment.h"
#include "model/heartbeat.h"
#include "model/pressure.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// All instances of a node: a slot for each that is assigned or has a container left.
///
/// It finds the slot that a notice, an answer or a listed container belongs to, and remembers each
/// request to the runtime until it is answered; the answer can arrive after its slot is gone. An
/// instance that StartOrder holds back is staged, and reported as starting. Until
/// an assignment is in force, nothing is known to be unwanted and nothing is reported.
/// Sans-io, not thread-safe.
class SlotTable {
 public:
  /// A request to the runtime that is not answered yet.
  struct Asked {
    InstanceId instance;
    ContainerAction action;
    bool operator==(const Asked&) const = default;
  };
  struct State {
    std::map<InstanceId, InstanceSlot::State> slots;
    std::map<OperationId, Asked> asked;
    Prng::State prng{};
    bool has_assignment = false;
    IncidentLog::State incidents;
    StartOrder::State order;
    MonoTime as_of{};  ///< The last tend() or rest().
    NodeStarvation::State starvation;
    MonoTime last_assignment_at{};
    std::optional<MonoTime> runtime_answered;
    std::map<InstanceId, InstanceMemory> recalled;  ///< Of instances that have no slot yet.
    bool operator==(const State&) const = default;
  };

  /// `seed` feeds the jitter of the restarts' backoff.
  /// `recalled`: what was known of the instances before the agent's start.
  SlotTable(const SlotSettings& settings, std::uint64_t seed,
            std::map<InstanceId, InstanceMemory> recalled = {});
  SlotTable(const SlotSettings& settings, const State& state);
  State save() const;

  /// Another assignment is in force.
  void on_assignment(const Assignment& assignment);
  // The runtime's notices. Notices of unknown containers change nothing.
  void on(const ContainerStarted& notice, const Turn& turn);
  void on(const ContainerExited& notice, const Turn& turn);
  void on(const ContainerRemoved& notice, const Turn& turn);
  void on(const ContainerPaused& notice, const Turn& turn);
  void on(const ContainerNoted& notice, const Turn& turn);
  /// A listing is older than anything done while it was made: slots that changed since then are
  /// left for the next one.
  void on_listed(const Listing& listing, const Turn& turn);
  /// What is found out about a container (core/health/watch_messages.h).
  template <class Event>
  void on(const Event& event, MonoTime now) {
    if (InstanceSlot* slot = find(event.instance)) slot->on(event, now);
  }
  /// The runtime's notices ceased.
  void on_runtime_lost(MonoTime now);
  void on_pressure(const Pressure& pressure, MonoTime now) {
    starvation_.on_pressure(pressure, now);
  }
  /// What the node is short of; nullopt: of nothing.
  std::optional<Shortage> shortage() const { return starvation_.shortage(); }
  /// The instance that takes the largest share of what the node is short of; nullopt: not known.
  void on_largest(std::optional<InstanceId> instance) {
    starvation_.on_largest(std::move(instance));
  }
  /// From the manager, known or new: what must be replaced waits for it only while it sends some.
  void on_assignment_received(MonoTime now) { last_assignment_at_ = now; }
  /// Ignores operations it did not request. Returns the reference of an image that the runtime
  /// turned out to have lost.
  [[nodiscard]] std::optional<std::string> on_done(const OperationDone& done, const Turn& turn);
  /// Lets time pass; call it after every event. Returns what to do, in order.
  std::vector<ContainerAction> tend(const Turn& turn, const ReadinessOf& readiness_of,
                                    OperationIds& ids);
  /// What is to be found out about running containers; each request is returned once, after the
  /// tend() in which it is due.
  std::vector<WatchAction> take_watches();
  /// Lets time pass while nothing may be done.
  void rest(MonoTime now);

  /// Whether it must be known that the runtime answers: a line is missing.
  bool doubts_runtime() const;
  /// The running container of each instance that has one.
  std::map<InstanceId, ContainerId> running() const;
  // What outlasts the agent.
  Unsaved unsaved() const;
  /// What is known of all instances, to be stored now.
  std::map<InstanceId, InstanceMemory> take_memory();
  /// What was taken last is stored.
  void on_stored();
  /// What the node is short of and what follows, in words; empty: of nothing.
  std::string shortage_words() const { return starvation_.words(); }

  /// nullptr: there is none.
  const InstanceSlot* find_slot(const InstanceId& id) const;
  /// For an instance that has a slot.
  const InstanceSlot& slot(const InstanceId& id) const;
  /// Adds the instances and their workloads.
  void add_to(Report& report) const;

  std::optional<MonoTime> next_deadline() const;
  /// A late restart is merely late; but lines that were to be seen may be late, too.
  void on_stall(Duration lateness, MonoTime now);
  /// Does nothing: containers are kept running with or without a bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  InstanceSlot* find(const InstanceId& id);
  void release_held(const Turn& turn, const ReadinessOf& readiness_of, OperationIds& ids,
                    std::vector<ContainerAction>& actions);
  void tend(const InstanceId& id, InstanceSlot& slot, const Turn& turn,
            const ReadinessOf& readiness_of, OperationIds& ids,
            std::vector<ContainerAction>& actions);
  void note_incidents(const InstanceId& id, std::vector<std::string> messages, MonoTime now);
  void advance(MonoTime now);
  /// Tells every slot how the node is.
  void on_node(bool is_runtime_usable);
  InstanceSlot& slot_or_new(const InstanceId& id);
  bool is_departing(const InstanceId& instance, const ContainerId& container) const;

  SlotSettings settings_;
  std::map<InstanceId, InstanceSlot> slots_;
  std::map<OperationId, Asked> asked_;
  Prng prng_;
  bool has_assignment_ = false;
  IncidentLog incidents_;
  StartOrder order_;
  MonoTime as_of_{};
  NodeStarvation starvation_;
  MonoTime last_assignment_at_{};
  std::optional<MonoTime> runtime_answered_;  ///< What it was asked at this instant.
  std::map<InstanceId, InstanceMemory> recalled_;
};

}  // namespace hearth::core
