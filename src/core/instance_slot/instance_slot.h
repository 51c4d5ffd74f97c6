#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "base/time.h"
#include "core/image_supply/image_actions.h"
#include "core/instance_slot/container_messages.h"
#include "core/operations/operation.h"
#include "core/restart/restart_record.h"
#include "core/runtime_inventory/listing.h"
#include "model/assignment.h"
#include "model/container.h"
#include "model/settings.h"

namespace hearth::core {

struct SlotSettings {
  RestartSettings restart;
  Duration stop_grace{};  ///< From SIGTERM to SIGKILL.
};

/// Tells whether a container can be made of an image.
using ReadinessOf = std::function<ImageReadiness(const Image&)>;

/// One instance on its node: its containers, what is being done about them, and how it is.
///
/// A slot is there while the instance is assigned to the node or a container of it is left. It sees
/// to it that an assigned instance has one container, which runs (or is only created, if the
/// instance is staged), and that no other container of the instance is left. Every run is a fresh
/// container: what ended is replaced, at once the first time, then with backoff.
///
/// One container is created or started at a time, and no second one is made while an answer is
/// missing. What nobody wants goes only after that answer, or it would escape.
///
/// Each call that says what happened carries the turn it happened in; a listing that was asked for
/// earlier is not believed. Sans-io, not thread-safe.
class InstanceSlot {
 public:
  /// After a container could not be stopped or removed.
  static constexpr Duration kClearingRetry = std::chrono::seconds(2);

  struct State {
    std::optional<AssignedInstance> assigned;
    std::map<ContainerId, Container> containers;
    std::set<ContainerId> leaving;         ///< Being stopped or removed.
    std::optional<OperationId> operation;  ///< Under way: a container is created or started.
    RestartRecord::State restart;
    MonoTime next_clearing{};
    std::uint64_t changed_in = 0;  ///< The last turn in which something was done or happened.
    InstanceStatus status;
    bool operator==(const State&) const = default;
  };

  explicit InstanceSlot(const SlotSettings& settings);
  InstanceSlot(const SlotSettings& settings, State state);
  State save() const;

  void assign(const AssignedInstance& instance) { state_.assigned = instance; }
  void unassign() { state_.assigned.reset(); }

  // The runtime's notices. Those of containers that are not known change nothing.
  void on_started(const ContainerId& container, const Turn& turn);
  void on_exited(const ContainerId& container, const ContainerExit& exit, const Turn& turn,
                 Prng& prng);
  void on_removed(const ContainerId& container, const Turn& turn, Prng& prng);

  /// Whether the listing is not older than what was done here, and nothing is under way.
  bool may_believe(const Listing& listing) const;
  /// A listing that may be believed has this container of the instance.
  void on_listed(const Container& seen, MonoTime now, Prng& prng);
  /// A listing that may be believed has these containers of the instance and no other.
  void drop_unlisted(const std::set<ContainerId>& listed, MonoTime now, Prng& prng);

  // What became of the actions that tend() returned.
  void on_created(const CreateContainer& asked, const OperationDone& done, const Turn& turn,
                  Prng& prng);
  void on_start_done(const ContainerId& container, const Result<void>& outcome, const Turn& turn,
                     Prng& prng);
  void on_stop_done(const ContainerId& container, const Result<void>& outcome, const Turn& turn);
  void on_remove_done(const ContainerId& container, const Result<void>& outcome, const Turn& turn);

  /// Returns what to do now.
  std::vector<ContainerAction> tend(const Turn& turn, const ReadinessOf& readiness_of,
                                    OperationIds& ids);

  const InstanceStatus& status() const { return state_.status; }
  /// For the node's report; nullopt: nothing is known of it yet, and to say so would undo what is
  /// known of it from before the agent's start.
  std::optional<InstanceStatus> reported_status() const;
  /// Whose instance it is; nullopt if it is not assigned and no container is left to tell.
  std::optional<WorkloadName> workload() const;
  bool is_assigned() const { return state_.assigned.has_value(); }
  const std::optional<OperationId>& operation() const { return state_.operation; }
  const std::set<ContainerId>& leaving() const { return state_.leaving; }
  /// Neither assigned nor left over: it can be forgotten.
  bool is_empty() const;
  /// The container that serves the instance or may yet; nullptr if a fresh one is needed.
  const Container* serving() const;
  /// The first instant after `now` at which tend() may have something to do.
  std::optional<MonoTime> next_deadline(MonoTime now) const;

  void check_invariants() const;

 private:
  void tend_assigned(const AssignedInstance& instance, const Turn& turn,
                     const ReadinessOf& readiness_of, OperationIds& ids,
                     std::vector<ContainerAction>& actions);
  void clear_out(const ContainerId& keep, const Turn& turn, OperationIds& ids,
                 std::vector<ContainerAction>& actions);
  bool is_being_stopped() const;
  void start_or_wait(DesiredState desired_state, const Container& container, const Turn& turn,
                     OperationIds& ids, std::vector<ContainerAction>& actions);
  Container* find(const ContainerId& container);
  void note_exit(std::optional<ContainerExit> exit, MonoTime now, Prng& prng);
  void note_end(std::string reason, MonoTime now, Prng& prng);
  void note_failure(std::string reason, MonoTime now, Prng& prng);
  void transition_to(InstanceState state, std::string reason = {});
  void transition_to_waiting();

  SlotSettings settings_;
  State state_;  ///< Its `restart` is not used: save() takes it from the record in use.
  RestartRecord restart_;
};

}  // namespace hearth::core
