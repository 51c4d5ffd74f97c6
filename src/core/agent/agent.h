#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <vector>

#include "base/time.h"
#include "core/agent/messages.h"
#include "core/assignment_intake/assignment_intake.h"
#include "core/image_supply/image_supply.h"
#include "core/memory_keeper/memory_keeper.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/runtime_inventory.h"
#include "core/slot_table/slot_table.h"
#include "core/status_reporter/status_reporter.h"
#include "core/timed/timed_part.h"
#include "core/usage_sampling/usage_sampler.h"
#include "model/assignment.h"
#include "model/heartbeat.h"
#include "model/settings.h"

namespace hearth::core {

struct AgentSettings {
  NodeName node;
  Incarnation incarnation;
  Resources capacity;
  std::uint16_t agent_port = 0;
  Duration heartbeat_interval =
      std::chrono::milliseconds(500);  ///< Until an assignment says otherwise. > 0.
  RestartSettings restart;
  Duration stop_grace = std::chrono::seconds(10);  ///< From SIGTERM to SIGKILL.
};

/// The whole state of an agent. An agent built from it continues as the one it was taken from.
struct AgentState {
  Turn turn;                         ///< The latest one.
  std::optional<MonoTime> promised;  ///< The deadline that the last step announced.
  OperationIds operation_ids;
  AssignmentIntake::State intake;
  RuntimeInventory::State inventory;
  SlotTable::State slots;
  ImageSupply::State supply;
  UsageSampler::State sampler;
  StatusReporter::State reporter;
  MemoryKeeper::State memory;
  bool operator==(const AgentState&) const = default;
};

/// One node's work as a pure function: keeps the assigned instances running, and reports how the
/// node is.
///
/// It depends on nothing else to do so: what dies is restarted at once, with or without a manager,
/// a broker or a network. It touches nothing before its intake has an assignment that may be
/// carried out and its runtime has been listed.
///
/// Each decision belongs to one of its parts, which own their state: the intake (which assignment),
/// the inventory (whether the runtime can be used), the slots (containers), the supply (images),
/// the sampler (what containers use) and the reporter (heartbeats). The agent passes each event to
/// the parts responsible, then lets all of them act in a fixed order; no part knows another.
///
/// Sans-io: the shell executes the actions in order and feeds their outcomes back. Every operation
/// is answered by one OperationDone. Not thread-safe.
class Agent {
 public:
  /// `stored`: the assignment on the node's disk, if there is one; another node's is refused.
  /// `seed` feeds the backoff's jitter. `memory`: what is stored of the time before this start.
  Agent(AgentSettings settings, std::optional<Assignment> stored, std::uint64_t seed, Instant now,
        WatchMemory memory = {});
  /// `settings`: those of the agent that `state` was taken from.
  Agent(AgentSettings settings, AgentState state);
  AgentState save() const;

  /// Applies `event` as of `now`, which never runs backwards; returns what to do, in order.
  std::vector<AgentAction> step(const AgentEvent& event, Instant now);

  /// When AgentTicked must be delivered even if nothing else happens.
  MonoTime next_deadline() const;

  /// A heartbeat with a full report, as of the last step, outside of the sequence: for requests
  /// over HTTP.
  Heartbeat status() const;
  /// The container that runs the instance, or ran it last; empty if none is known.
  ContainerId container_of(const InstanceId& instance) const;
  /// What is known of an instance, for display; nullptr: it is not on this node. Valid until the
  /// next step.
  const InstanceSlot* find_slot(const InstanceId& id) const { return slots_.find_slot(id); }
  std::uint64_t assignments_refused() const { return intake_.refused(); }

  /// Aborts if the state of the parts is inconsistent; holds after every step.
  void check_invariants() const;

 private:
  void on(const AgentTicked& event);
  void on(const AssignmentReceived& event);
  void on(const AssignmentsCaughtUp& event);
  void on(const AssignmentSaved& event);
  void on(const RuntimeUp& event);
  void on(const RuntimeDown& event);
  void on(const NoticeMissed&);
  void on(const InventoryTaken& event);
  void on(const ContainerStarted& event);
  void on(const ContainerExited& event);
  void on(const ContainerRemoved& event);
  void on(const ContainerPaused& event);
  void on(const ContainerNoted& event);
  void on(const HealthcheckReported& event);
  void on(const CheckDone& event);
  void on(const UsageSampled& event);
  void on(const LogRead& event);
  void on(const LogSkipped& event);
  void on(const LogReaderChanged& event);
  void on(const OperationDone& event);
  void on(const LoadSampled& event);
  void on(const StatusDropped& event);
  void on(const WatchMemorySaved& event);
  void adopt(const Assignment& assignment);
  void note_stall();
  void let_go_of_unwanted();
  void tend_parts();
  bool may_act() const { return inventory_.is_usable() && intake_.may_act(); }
  NodeStatus node_status() const;
  UsageSampler::Usages usage() const;
  std::optional<InstanceId> largest_consumer() const;
  void emit(AgentAction action) { actions_.push_back(std::move(action)); }
  template <class Action>
  void emit_all(std::vector<Action> actions);

  /// Every part that waits for time to pass.
  static auto timed_parts(auto& self) {
    return TimedParts(self.intake_, self.inventory_, self.slots_, self.supply_, self.sampler_,
                      self.reporter_, self.memory_);
  }

  AgentSettings settings_;
  Turn turn_;
  std::optional<MonoTime> promised_;
  OperationIds operation_ids_;
  AssignmentIntake intake_;
  RuntimeInventory inventory_;
  SlotTable slots_;
  ImageSupply supply_;
  UsageSampler sampler_;
  StatusReporter reporter_;
  MemoryKeeper memory_;
  std::vector<AgentAction> actions_;  ///< Of the current step.
};

}  // namespace hearth::core
