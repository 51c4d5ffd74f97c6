#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// Brings one dead node back: power off, power on, then a heartbeat of a new life within
/// boot_timeout; if that fails, again after a backoff; after attempts_max the node is quarantined
/// and a person is needed.
///
/// Both verbs of a driver are idempotent, and the phase is persisted before its verb is told. So a
/// manager that is killed and starts again resumes by telling the verb of the phase once more: the
/// off of an attempt is never repeated once its on was told, and a node that is still booting is
/// not hit again.
///
/// Attempts of an outage that began soon after the last one count on: a node that dies right after
/// each recovery ends in quarantine, too. Sans-io, not thread-safe.
class RecoveryLadder {
 public:
  /// Resumes from `recovery`, as it was persisted.
  RecoveryLadder(const RecoverySettings& settings, Recovery recovery, MonoTime now);

  const Recovery& recovery() const { return recovery_; }

  /// The node was found dead. Begins, unless it is under way already.
  void on_dead(MonoTime now);
  /// The driver finished `verb`. An outcome that fits no phase (it comes too late) is ignored.
  void on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now);
  enum class SameLife : std::uint8_t { kYes, kNo };
  /// The node gave a sign of life. Returns true if that ends the recovery: a new life does, an old
  /// one only where the power has not been touched in this attempt.
  bool on_heartbeat(SameLife same_life, MonoTime now);
  /// Notices timeouts and the end of backoffs. Not to be called while nobody could be heard: a node
  /// that came back unheard must not be hit.
  void on_tick(MonoTime now);
  /// Until now nobody could be heard: what waits for the node to be heard waits anew.
  void listen_again(MonoTime now);
  /// For `lateness` we ourselves neither heard the node nor took the driver's answer: what is
  /// waited for has so much longer, and what came meanwhile is heard first.
  void excuse(Duration lateness, MonoTime now);

  /// The verb that must be told to the driver now; asked once after each call above and after
  /// construction. The caller persists recovery() first.
  std::optional<PowerVerb> take_verb();

  std::optional<MonoTime> next_deadline() const { return deadline_; }

 private:
  void enter(RecoveryPhase phase, std::optional<MonoTime> deadline);
  void begin_attempt(MonoTime now);
  void fail_attempt(std::string reason, MonoTime now);

  RecoverySettings settings_;
  Recovery recovery_;
  std::optional<MonoTime> deadline_;
  std::optional<PowerVerb> verb_;
  std::optional<MonoTime> recovered_at_;
};

}  // namespace hearth::core
