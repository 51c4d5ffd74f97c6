#pragma once

#include <chrono>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/result.h"
#include "base/time.h"
#include "core/health/instance_health.h"
#include "core/health/watch_messages.h"
#include "core/image_supply/image_actions.h"
#include "core/instance_record/instance_record.h"
#include "core/memory_keeper/memory_keeper.h"
#include "core/operations/container_messages.h"
#include "core/operations/operation.h"
#include "core/runtime_inventory/listing.h"
#include "core/slot_containers/slot_containers.h"
#include "core/slot_operation/slot_operation.h"
#include "model/assignment.h"
#include "model/container.h"
#include "model/settings.h"

namespace hearth::core {

struct SlotSettings {
  RestartSettings restart;
  Duration stop_grace{};  ///< From SIGTERM to SIGKILL, of a container whose specification is gone.
};

/// One instance on its node: its containers, what is being done about them, and its status.
///
/// A slot exists while the instance is assigned to the node or has a container left. It ensures
/// that an assigned instance has one container, which runs (or is only created, if the instance is
/// staged), and that the instance has no other container. Every run is a fresh container: one that
/// exited is replaced, at once the first time, then with backoff, unless the restart policy says
/// otherwise; so is one whose health calls for it, which is stopped then.
///
/// An instance whose specification names a container of somebody else adopts that one, and is
/// restarted as it says. If that container is gone, one that has its name is adopted. Staged, it is
/// stopped and kept; unassigned, it is let go as it is.
///
/// One container is created or started at a time, and no second one is created while an answer is
/// missing. Unwanted containers are removed only after that answer, or the new one would escape.
///
/// Each event carries the turn in which it happened; a listing that was requested earlier is not
/// believed. Sans-io, not thread-safe.
class InstanceSlot {
 public:
  /// After an adopted container ended without Hearth: whoever stopped it by hand may be about to
  /// start, remove or replace it.
  static constexpr Duration kLeftAlone = std::chrono::seconds(2);

  struct State {
    std::optional<AssignedInstance> assigned;
    SlotContainers::State containers;
    SlotOperation::State operation;
    InstanceRecord::State record;
    std::optional<InstanceHealth::State> health;  ///< Assigned, and a container of it has run.
    std::optional<StopSpec> stop;                 ///< As last assigned.
    MonoTime left_alone_until{};                  ///< An adopted container that does not run.
    bool operator==(const State&) const = default;
  };

  explicit InstanceSlot(const SlotSettings& settings);
  InstanceSlot(const SlotSettings& settings, State state);
  State save() const;

  /// What was known of it before the agent's start. Before the first assign().
  void recall(InstanceMemory known) { record_.recall(std::move(known)); }
  void assign(const AssignedInstance& instance);
  void unassign() {
    state_.assigned.reset();
    health_.reset();
  }

  // The runtime's notices. Notices of unknown containers change nothing.
  void on_started(const ContainerId& container, const Turn& turn, Prng& prng);
  void on_exited(const ContainerId& container, const ContainerExit& exit, const Turn& turn,
                 Prng& prng);
  void on_removed(const ContainerId& container, const Turn& turn, Prng& prng);
  void on_paused(const ContainerId& container, bool is_paused, const Turn& turn);

  /// True if the listing is no older than what was done here, and no operation is in flight.
  bool may_believe(const Listing& listing) const { return operation_.may_believe(listing); }
  /// A listing that may be believed contains this container of the instance.
  void on_listed(const Container& seen, const Turn& turn, Prng& prng);
  /// A listing that may be believed contains these containers of the instance and no other.
  void drop_unlisted(const std::set<ContainerId>& listed, MonoTime now, Prng& prng);

  /// What is found out about a container (watch_messages.h); of any other than the running one it
  /// means nothing.
  template <class Event>
  void on(const Event& event, MonoTime now) {
    if (InstanceHealth* health = health_of(event.container)) health->on(event, now);
  }
  void on_node(const NodeCondition& node, MonoTime now) {
    if (health_) health_->on_node(node, now);
  }
  /// The runtime's notices ceased. The ends just before were its own end, not the instance's.
  void on_runtime_lost(MonoTime now) { record_.on_runtime_lost(now); }
  /// The process stood still: what was to be seen meanwhile may be late.
  void on_stall(Duration lateness, MonoTime now) {
    if (health_) health_->on_stall(lateness, now);
  }

  // The outcomes of the actions that tend() returned.
  void on_created(const CreateContainer& asked, const OperationDone& done, const Turn& turn,
                  Prng& prng);
  void on_start_done(const ContainerId& container, const Result<void>& outcome, const Turn& turn,
                     Prng& prng);
  void on_adopted(const OperationDone& done, const Turn& turn, Prng& prng);
  void on_recreated(const ContainerId& old, const OperationDone& done, const Turn& turn,
                    Prng& prng);
  /// A container was to be stopped, removed or let go.
  void on_cleared(const ContainerAction& asked, const Result<void>& outcome, const Turn& turn);

  /// Returns what to do now.
  std::vector<ContainerAction> tend(const Turn& turn, const ReadinessOf& readiness_of,
                                    OperationIds& ids, Prng& prng);
  /// What is to be found out about the running container; each request is returned once.
  std::vector<WatchAction> take_watches(MonoTime now);
  /// What operators should know of it, one sentence each; each is returned once.
  std::vector<std::string> take_noticed();
  /// What is not acted on for a shortage of its node; once for each.
  std::optional<std::string> take_held_back() {
    return health_ ? health_->take_held_back() : std::nullopt;
  }

  // What outlasts the agent. What follows from a rule, a probe or an end for good is stored first.
  Unsaved unsaved() const;
  /// What is known, to be stored now.
  InstanceMemory take_memory();
  /// What was taken last is stored.
  void on_stored();

  /// The running container, whose health is judged; nullptr: there is none.
  const Container* judged() const;
  const std::optional<InstanceHealth>& health() const { return health_; }
  const InstanceStatus& status() const { return record_.status(); }
  /// For the node's report; nullopt: nothing is known of it yet, and reporting that would override
  /// what the manager knows from before the agent's start.
  std::optional<InstanceStatus> reported_status() const;
  /// The workload; nullopt if the instance is not assigned and no container names one.
  std::optional<WorkloadName> workload() const;
  bool is_assigned() const { return state_.assigned.has_value(); }
  bool is_staged() const {
    return state_.assigned && state_.assigned->desired_state == DesiredState::kStage;
  }
  const std::optional<OperationId>& operation() const { return operation_.in_flight(); }
  const std::set<ContainerId>& leaving() const { return containers_.leaving(); }
  /// Neither assigned nor with a container left: it can be forgotten.
  bool is_empty() const;
  /// The container that serves the instance or still can; nullptr if a fresh one is needed.
  const Container* serving() const;
  /// The first instant after `now` at which tend() may have something to do.
  std::optional<MonoTime> next_deadline(MonoTime now) const;

  void check_invariants() const;

 private:
  void tend_assigned(const AssignedInstance& instance, const Turn& turn,
                     const ReadinessOf& readiness_of, OperationIds& ids, Prng& prng,
                     std::vector<ContainerAction>& actions);
  void judge(const Container& container, const Turn& turn, Prng& prng);
  void tend_adopted(const AssignedInstance& instance, const AdoptedContainer& adopted,
                    const Turn& turn, OperationIds& ids, std::vector<ContainerAction>& actions);
  StopSpec stop_spec() const;
  void wait_for_stop();
  void start_or_wait(DesiredState desired_state, const Container& container, const Turn& turn,
                     OperationIds& ids, std::vector<ContainerAction>& actions);
  bool is_held() const;
  void note_new(Container& known, const Container& seen, const Turn& turn, Prng& prng);
  std::optional<RestartPolicy> restart_policy() const;
  void note_exit(MonoTime now);
  void note_unseen_exit(const Container& seen, MonoTime now, Prng& prng);
  void note_vanished(const ContainerId& container, MonoTime now, Prng& prng);
  void note_failure(std::string_view what, const Error& fault, MonoTime now, Prng& prng);
  void note_running(const ContainerId& container, MonoTime started_at, MonoTime now, Prng& prng);
  InstanceHealth* health_of(const ContainerId& container);
  void set_paused(Container& container, bool is_paused, MonoTime now);

  SlotSettings settings_;
  State state_;  ///< Without the parts that follow: save() takes those from them.
  SlotContainers containers_;
  SlotOperation operation_;
  InstanceRecord record_;
  std::optional<InstanceHealth> health_;
};

}  // namespace hearth::core
