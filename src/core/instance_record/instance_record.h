#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/prng.h"
#include "base/time.h"
#include "core/decision_gate/health_verdict.h"
#include "core/memory_keeper/memory_keeper.h"
#include "core/restart/restart_record.h"
#include "core/slot_memory/slot_memory.h"
#include "model/ids.h"
#include "model/instance.h"
#include "model/instance_spec.h"
#include "model/settings.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// The status of one instance on its node, and what the ends of its containers mean for it: whether
/// it may be started again and when, and which of them count as its own failures.
///
/// An exit that its restart policy calls final finishes it. An exit that may be the doing of the
/// runtime counts as a failure only once the runtime has outlived it (DoubtfulEnds).
///
/// Sans-io, not thread-safe.
class InstanceRecord {
 public:
  struct State {
    InstanceStatus status;
    RestartRecord::State restart;
    bool finished = false;  ///< It ended, and its restart policy leaves it at that.
    SlotMemory memory;
    bool operator==(const State&) const = default;
  };

  explicit InstanceRecord(const RestartSettings& settings);
  InstanceRecord(const RestartSettings& settings, State state);
  State save() const;

  const InstanceStatus& status() const { return state_.status; }
  bool is_finished() const { return state_.finished; }
  /// When it may be started; an instant in the past means immediately.
  MonoTime next_start() const { return restart_.next_start(); }
  /// The first instant after `now` at which a start or a transition may be due.
  std::optional<MonoTime> next_deadline(MonoTime now) const;

  // What outlasts the agent.
  void recall(InstanceMemory known);
  /// What was recalled means nothing for another generation.
  void on_assigned(Generation generation);
  /// Of the container that ran before the agent's start; returned once.
  InstanceMemory take_recalled();
  bool was_stopping(const ContainerId& container) const {
    return state_.memory.was_stopping(container);
  }
  bool knew_end_of(const ContainerId& container) const {
    return state_.memory.knew_end_of(container);
  }
  Unsaved unsaved() const { return state_.memory.unsaved; }
  /// What is known, to be stored now.
  InstanceMemory take_memory();
  /// What was taken last is stored.
  void on_stored() { state_.memory.on_stored(); }

  /// The container whose log is the instance's; empty: none.
  void set_container(const ContainerId& container) { state_.status.container = container; }
  /// A container of it says that there were so many restarts, at least.
  void on_restarts_seen(std::uint32_t restarts);
  /// Returns whether the container ran before the agent's start already.
  bool on_running(const ContainerId& container, MonoTime now);

  // What ended. `policy`: nullopt if the instance is not assigned.
  void on_exited(const ContainerId& container, const ContainerExit& exit,
                 std::optional<RestartPolicy> policy, MonoTime now, Prng& prng);
  /// It ended while the agent, the runtime or the machine was away: maybe with them. `exit`:
  /// nullopt if it is not known how.
  void on_unseen_exit(const ContainerId& container, const std::optional<ContainerExit>& exit,
                      std::optional<RestartPolicy> policy, MonoTime now, Prng& prng);
  void on_vanished(const ContainerId& container, MonoTime now, Prng& prng);
  /// The running container is to be replaced by a fresh one, for its health.
  void on_restarted(const ContainerId& container, const std::string& why, MonoTime now, Prng& prng);
  /// A container could not be created, adopted or started.
  void on_start_failed(std::string reason, MonoTime now, Prng& prng);
  /// It is not known whether it could: the runtime did not answer.
  void on_start_unanswered(std::string reason, MonoTime now, Prng& prng);
  /// As on_start_failed(), of a container whose end counts already.
  void note_cannot_start(std::string reason);
  /// The runtime's notices ceased. The ends just before were its own end, not the instance's.
  void on_runtime_lost(MonoTime now);

  // Transitions.
  /// Counts the failures that are not in doubt any more.
  void settle(MonoTime now);
  /// To any state in which no container of it runs.
  void transition_to(InstanceState state, std::string reason = {});
  /// The reason for the start remains.
  void transition_to_starting();
  /// It waits for something; `obstacle`: why that fails, empty if it does not.
  void transition_to_awaiting(InstanceState state, const std::string& obstacle,
                              const std::string& otherwise = {});
  /// It waits until next_start().
  void transition_to_waiting();
  /// It has finished; takes effect once that is stored, or cannot be.
  void transition_to_finished(MonoTime now);
  void transition_to_running(const HealthVerdict& verdict);

 private:
  void note_failure(const ContainerId& container);
  void note_exit(const ContainerId& container, const std::optional<ContainerExit>& exit,
                 std::optional<RestartPolicy> policy, MonoTime now, Prng& prng);
  void note_end(std::string reason, MonoTime now, Prng& prng);
  void note_stop(std::string reason, MonoTime now, Prng& prng);

  RestartSettings settings_;
  State state_;  ///< Without the part that follows: save() takes that from it.
  RestartRecord restart_;
};

}  // namespace hearth::core
