#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "core/timed/stall_margin.h"
#include "model/settings.h"

namespace hearth::core {

/// How long a node has been silent, graded.
enum class Silence : std::uint8_t {
  kShort,        ///< Below suspect_after.
  kSuspicious,   ///< At least suspect_after.
  kLong,         ///< At least dead_after: dead, if other evidence agrees.
  kUnconfirmed,  ///< At least dead_after_unconfirmed: dead, if there can be no other evidence.
};

/// Grades one node's silence since its last sign of life. The consequences are decided elsewhere
/// (core/evidence): silence alone never kills a node.
///
/// Every call takes `now`, the manager's clock at receipt and never the agent's own timestamp, so
/// skew between machines cannot kill a node. The grade depends on `now`, not on how often it was
/// asked for. Sans-io, not thread-safe.
///
/// Not an adaptive detector (phi accrual, Hayashibara 2004): heartbeats over a broker arrive at a
/// known interval, and a fixed bound is what an operator can read, reason about and test.
class NodeLiveness {
 public:
  struct State {
    MonoTime last_sign;
    MonoTime as_of;      ///< Of the last call.
    StallMargin margin;  ///< Of this silence.
    bool operator==(const State&) const = default;
  };

  /// The silence starts at `now`: a starting manager never finds the whole fleet dead.
  NodeLiveness(const LivenessSettings& settings, MonoTime now);
  NodeLiveness(const LivenessSettings& settings, const State& state);
  const State& save() const { return state_; }

  /// Notes a sign of life given at `at`, which may be in the past (an aged heartbeat); a sign older
  /// than the last one changes nothing.
  void on_sign(MonoTime at, MonoTime now);

  /// The grade as of `now`; next_deadline() counts from there.
  Silence on_tick(MonoTime now);

  MonoTime as_of() const { return state_.as_of; }
  Duration silence_at(MonoTime now) const;
  Silence grade_at(MonoTime now) const;

  /// When the grade changes next if the silence continues; nullopt if it cannot.
  std::optional<MonoTime> next_deadline() const;
  /// Does not count `lateness`, during which we did not listen. The grade also does not get worse
  /// within a margin after the stall, so that waiting heartbeats are received first: the length of
  /// the stall, but at most half of suspect_after, within which a bus that stalled meanwhile is
  /// found stale (bus_watch.h). The margins of one silence add up to at most suspect_after. Never
  /// takes a grade back, and never moves beyond `now`.
  void on_stall(Duration lateness, MonoTime now);
  /// Starts the silence again: nothing before `now` counts.
  void restart(MonoTime now);
  /// Restarts, because until `now` nothing could be received.
  void on_bus_restored(MonoTime now) { restart(now); }

  void check_invariants() const;

 private:
  Duration margin_max() const;

  LivenessSettings settings_;
  State state_;
};

}  // namespace hearth::core
