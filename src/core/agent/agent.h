#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "core/agent/messages.h"
#include "core/assignment_intake/assignment_intake.h"
#include "core/image_supply/image_supply.h"
#include "core/operations/operation.h"
#include "core/restart/restart_record.h"
#include "core/runtime_inventory/runtime_inventory.h"
#include "core/status_reporter/status_reporter.h"
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
      std::chrono::milliseconds(500);  ///< Until an assignment says otherwise.
  RestartSettings restart;
  Duration stop_grace = std::chrono::seconds(10);  ///< From SIGTERM to SIGKILL.
};

/// One node's work as a pure function: keeps running what the node was assigned, and tells how it
/// is.
///
/// It needs nobody to do so: what dies is restarted at once without asking, with or without a
/// manager, a broker or a network. The last assignment is stored before it is acted on, so a node
/// that boots cut off starts what it had. Each restart is a fresh container.
///
/// Before the engine was heard and its containers were listed it touches nothing. After a start it
/// waits for a newer assignment before it starts what the stored one says; what runs already keeps
/// running.
///
/// Sans-io: the shell carries out the actions in order and feeds what became of them back. Every
/// operation is answered by one OperationDone. Not thread-safe.
class Agent {
 public:
  /// `stored`: the assignment on the node's disk, if there is one; another node's is refused.
  /// `seed` feeds the backoff's jitter.
  Agent(AgentSettings settings, std::optional<Assignment> stored, std::uint64_t seed, Instant now);

  /// Applies `event` as of `now`, which never runs backwards; returns what to do, in order.
  std::vector<AgentAction> step(const AgentEvent& event, Instant now);

  /// When AgentTicked must be delivered even if nothing else happens.
  MonoTime next_deadline() const;

  /// A heartbeat with a full report, as of the last step, outside of the sequence: for whoever asks
  /// over HTTP.
  Heartbeat status() const;
  /// The container that runs, or last ran, the instance; empty if none is known.
  ContainerId container_of(const InstanceId& instance) const;
  std::uint64_t assignments_refused() const { return intake_.refused(); }

 private:
  /// One instance that is wished for, or of which a container is left.
  struct Slot {
    explicit Slot(const RestartSettings& settings) : restart(settings) {}

    std::optional<AssignedInstance> wish;
    std::map<ContainerId, Container> containers;
    std::set<ContainerId> leaving;  ///< Being stopped or removed.
    std::optional<OperationId> operation;
    ContainerId last_container;
    RestartRecord restart;
    std::uint32_t restarts = 0;  ///< Containers that came before the current one.
    MonoTime next_clearing{};    ///< After a removal failed.
    std::uint64_t changed_in_step = 0;
    InstanceStatus status;
  };
  enum class OperationKind : std::uint8_t { kCreate, kStart, kStop, kRemove };
  struct Operation {
    OperationKind kind;
    InstanceId instance;
    ContainerId container;
    std::optional<AssignedInstance> wish{};  ///< kCreate: what the container is made for.
  };
  // agent.cc: the step, the assignment, the status.
  void visit(const AgentTicked& event);
  void visit(const AssignmentReceived& event);
  void visit(const AssignmentsCaughtUp& event);
  void visit(const AssignmentSaved& event);
  void visit(const EngineFound& event);
  void visit(const EngineLost& event);
  void visit(const InventoryTaken& event);
  void visit(const ContainerStarted& event);
  void visit(const ContainerExited& event);
  void visit(const ContainerRemoved& event);
  void visit(const OperationDone& event);
  void visit(const LoadSampled& event);
  void visit(const StatusDropped& event);
  void adopt();
  NodeStatus node_status() const;
  Report report() const;
  std::string problem() const;
  bool may_act() const;
  void act(AgentAction action) { actions_.push_back(std::move(action)); }
  void act(std::vector<ImageAction> actions);
  Turn turn() const { return {.number = step_, .now = now_.mono}; }

  // slots.cc: the containers.
  void tend_slots();
  void tend(const InstanceId& id, Slot& slot);
  void tend_wished(const InstanceId& id, Slot& slot);
  void create_container(const InstanceId& id, Slot& slot);
  void clear_out(const InstanceId& id, Slot& slot, const ContainerId& keep);
  void note_exit(Slot& slot, std::optional<ContainerExit> exit);
  void note_end(Slot& slot, std::string reason);
  void note_failure(Slot& slot, const std::string& reason);
  static void set_waiting(Slot& slot);
  static void set_state(Slot& slot, InstanceState state, std::string reason = {});
  static Container* current(Slot& slot);
  Slot& slot_of(const InstanceId& id);
  Slot* find_slot(const InstanceId& id);
  OperationId begin(Operation operation);
  void take_listing(const Listing& listing);
  void merge(Slot& slot, const Container& seen);
  void finish_create(Slot& slot, const AssignedInstance& wish, const OperationDone& done);
  void finish_start(Slot& slot, const ContainerId& container, const Result<void>& outcome);
  void finish_departure(Slot& slot, const Operation& operation, const Result<void>& outcome);

  AgentSettings settings_;
  Prng prng_;
  Instant now_;
  std::uint64_t step_ = 0;
  std::vector<AgentAction> actions_;

  AssignmentIntake intake_;

  RuntimeInventory inventory_;

  std::map<InstanceId, Slot> slots_;
  OperationIds operation_ids_;
  std::map<OperationId, Operation> operations_;

  ImageSupply supply_;

  StatusReporter reporter_;
};

}  // namespace hearth::core
