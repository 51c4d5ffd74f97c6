#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// Brings one dead node back: power off, power on, then a heartbeat of a new incarnation within
/// boot_timeout; if that fails, again after a backoff; after attempts_max the node is quarantined
/// and a person is needed.
///
/// Both verbs of a driver are idempotent, and the phase is persisted before its verb is told. So a
/// manager that is killed and starts again resumes by telling the verb of the phase once more: the
/// off of an attempt is never repeated once its on was told, and a node that is still booting is
/// not hit again.
///
/// Where the driver had no room to begin (kExhausted), the verb is told again after backoff_min, as
/// often as it takes: neither an attempt nor the time for the answer is used up by a turn that did
/// not come. That ends, since each node before it ends: recovered or in quarantine.
///
/// Attempts of an outage that began soon after the last one count on: a node that dies right after
/// each recovery ends in quarantine, too. Sans-io, not thread-safe.
class RecoveryLadder {
 public:
  struct State {
    Recovery recovery;
    std::optional<MonoTime> deadline;  ///< Of the phase.
    std::optional<PowerVerb> verb;     ///< To be told now.
    bool in_line = false;              ///< The driver had no room; told again at `deadline`.
    std::optional<MonoTime> recovered_at;
    bool unattended = false;           ///< Dead, and nothing was done about it.
    std::optional<MonoTime> begin_at;  ///< When that ends, unless it is received before.
    bool operator==(const State&) const = default;
  };

  /// Resumes from `recovery`, as it was persisted.
  RecoveryLadder(const RecoverySettings& settings, Recovery recovery, MonoTime now);
  RecoveryLadder(const RecoverySettings& settings, State state);
  const State& save() const { return state_; }

  const Recovery& recovery() const { return state_.recovery; }

  /// The node is dead since before it had a power driver. Its recovery begins backoff_min after the
  /// bus carries, unless the node is received before.
  void on_found_unattended() { state_.unattended = true; }

  /// The node was found dead. Begins, unless it is under way already.
  void on_dead(MonoTime now);
  /// The driver finished `verb`, or had no room to begin it (kExhausted). An outcome that fits no
  /// phase (it comes too late) is ignored.
  void on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now);
  enum class SameIncarnation : std::uint8_t { kYes, kNo };
  /// The node gave a sign of life. Returns true if that ends the recovery: a new incarnation does,
  /// an old one only where the power has not been touched in this attempt.
  bool on_heartbeat(SameIncarnation same_incarnation, MonoTime now);
  /// Notices timeouts and the end of backoffs. Not to be called while nothing could be received: a
  /// node that came back unnoticed must not be hit.
  void on_tick(MonoTime now);
  /// The node lives, however that came.
  void on_live();

  /// The verb that must be told to the driver now; asked once after each call above and after
  /// construction. The caller persists recovery() first.
  std::optional<PowerVerb> take_verb();

  std::optional<MonoTime> next_deadline() const;
  /// For `lateness` we ourselves neither received the node's heartbeats nor took the driver's
  /// answer: what is waited for has so much longer, and what came meanwhile is taken first.
  void on_stall(Duration lateness, MonoTime now);
  /// Until now nobody could be received: what waits for the node to be received waits anew.
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
