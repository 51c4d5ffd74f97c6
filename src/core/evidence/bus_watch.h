#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/settings.h"

namespace hearth::core {

/// Judges whether the bus carries messages, by the manager's own canary: a record that it sends to
/// itself.
///
/// A stalled broker reports no error, it only falls silent (measured: SIGSTOP for 20 s, no client
/// noticed), so without the canary its stall would look like the death of the fleet. The canary is
/// sent at least twice per heartbeat interval and is missed after half of suspect_after, so the
/// manager is blind before the first node becomes suspect. A blind manager sees again once a canary
/// returns early enough for the next one to be in time as well: otherwise a bus that is merely slow
/// would make it alternate between blind and seeing. Sans-io, not thread-safe.
class BusWatch {
 public:
  struct State {
    MonoTime next_send;
    MonoTime last_returned;  ///< When the latest canary that came back was sent.
    std::optional<Duration> round_trip;
    bool sees = false;     ///< False from a canary that came too late until one that is in time.
    bool carried = false;  ///< As of the last on_tick().
    bool operator==(const State&) const = default;
  };

  /// Begins blind: no node is judged until the first canary comes back.
  BusWatch(const LivenessSettings& settings, MonoTime now);
  BusWatch(const LivenessSettings& settings, const State& state);
  const State& save() const { return state_; }

  /// The canary sent at `sent_at`, on our own clock, came back.
  void on_returned(MonoTime sent_at, MonoTime now);
  /// Judges the bus again. Returns true if carries() changed.
  [[nodiscard]] bool on_tick(MonoTime now);
  /// The canary to send now, as the instant of sending that it must carry; nullopt if none is due.
  std::optional<MonoTime> take_canary(MonoTime now);

  /// Whether the bus carries, as of the last on_tick().
  bool carries() const { return state_.carried; }
  /// When the latest canary that came back was sent.
  MonoTime last_returned() const { return state_.last_returned; }
  /// Why the bus does not carry, in words.
  std::string blindness(MonoTime now) const;
  /// The longest round trip with which the bus counts as carrying again.
  Duration round_trip_max() const { return stale_after_ - interval_; }

  std::optional<MonoTime> next_deadline() const;
  /// Does not count `lateness` against the bus: we did not read from it for that long.
  void on_stall(Duration lateness, MonoTime now);
  /// Does nothing: this is the part that reports it.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  bool carries_at(MonoTime now) const;

  Duration interval_;
  Duration stale_after_;
  State state_;
};

}  // namespace hearth::core
