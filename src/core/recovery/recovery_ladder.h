#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "core/timed/stall_margin.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// Brings one dead node back: power off, power on, then a heartbeat of a new incarnation within
/// boot_timeout. A failed attempt is followed by another one after a backoff; after attempts_max
/// the node is quarantined and needs an operator.
///
/// Both verbs of a driver are idempotent, and a phase is persisted before its verb is issued. So a
/// manager that is killed and restarted resumes by issuing the verb of the phase again: the off of
/// an attempt is never repeated once its on was issued, and a node that is still booting is not
/// power-cycled again.
///
/// Where the driver has no capacity to begin (kExhausted), the verb is issued again after
/// backoff_min, as often as needed: waiting for a turn uses up neither an attempt nor the time for
/// the answer. It ends, since every node ahead of it ends up recovered or quarantined.
///
/// An outage that begins soon after the last recovery continues its count of attempts: a node that
/// dies right after each recovery is quarantined, too. Sans-io, not thread-safe.
class RecoveryLadder {
 public:
  struct State {
    Recovery recovery;
    std::optional<MonoTime> deadline;  ///< Of the phase.
    std::optional<PowerVerb> verb;     ///< To be issued now.
    bool in_line = false;              ///< The driver had no capacity: reissued at `deadline`.
    std::optional<MonoTime> recovered_at;
    bool unattended = false;           ///< Dead, and no recovery has begun.
    std::optional<MonoTime> begin_at;  ///< When one begins, unless the node is received first.
    StallMargin margin;                ///< Of the current wait.
    bool operator==(const State&) const = default;
  };

  /// Resumes from `recovery`, as it was persisted.
  RecoveryLadder(const RecoverySettings& settings, Recovery recovery, MonoTime now);
  RecoveryLadder(const RecoverySettings& settings, State state);
  const State& save() const { return state_; }

  const Recovery& recovery() const { return state_.recovery; }

  /// The node has been dead since before it had a power driver. Its recovery begins once the bus
  /// has carried for backoff_min, unless the node is received first.
  void on_found_unattended() { state_.unattended = true; }

  /// The node was found dead. Begins a recovery, unless one is in progress.
  void on_dead(MonoTime now);
  /// The driver finished `verb`, or had no capacity to begin it (kExhausted). Ignores an outcome
  /// that does not fit the phase: it comes too late.
  void on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now);
  enum class SameIncarnation : std::uint8_t { kYes, kNo };
  /// The node gave a sign of life. Returns true if that ends the recovery: a new incarnation does,
  /// an old one only if the power has not been touched in this attempt.
  bool on_heartbeat(SameIncarnation same_incarnation, MonoTime now);
  /// Handles timeouts and the end of backoffs. Must not be called while nothing can be received: a
  /// node that came back unnoticed must not be switched off.
  void on_tick(MonoTime now);
  /// The node is live, for whatever reason.
  void on_live();

  /// The verb to issue now; asked for once after each call above and after construction. The caller
  /// persists recovery() first.
  std::optional<PowerVerb> take_verb();

  std::optional<MonoTime> next_deadline() const;
  /// For `lateness` we received neither heartbeats nor the driver's answer: every wait is extended
  /// by that much, and what arrived meanwhile has up to backoff_min to be processed first. All
  /// stalls of one wait together add at most twice backoff_min beyond their lateness.
  void on_stall(Duration lateness, MonoTime now);
  /// Until now no node could be received: every wait for the node's heartbeat starts again.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  void enter(RecoveryPhase phase, std::optional<MonoTime> deadline);
  void wait_for_node(MonoTime now);
  void begin_attempt(MonoTime now);
  void fail_attempt(std::string reason, MonoTime now);

  RecoverySettings settings_;
  State state_;
};

}  // namespace hearth::core
