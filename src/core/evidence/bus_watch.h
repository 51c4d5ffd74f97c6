#pragma once

#include <optional>
#include <string>

#include "base/time.h"
#include "model/settings.h"

namespace hearth::core {

/// Tells whether the bus carries, by the manager's own canary: a record that it sends and reads
/// back.
///
/// A stalled broker gives no error, only silence (measured: SIGSTOP for 20 s, no client noticed),
/// so without this its stall would be taken for the death of the fleet. The canary goes out at
/// least twice per heartbeat interval and is missed after half of suspect_after, so blindness is
/// always noticed before the first node becomes suspect. Once blind it sees again with a canary
/// that came back soon enough for the next one to be in time as well: a bus that is merely slow
/// would make it blind and seeing in turns otherwise. Sans-io, not thread-safe.
class BusWatch {
 public:
  struct State {
    MonoTime next_send;
    MonoTime last_returned;  ///< Sending time of the youngest canary that came back.
    std::optional<Duration> round_trip;
    bool sees = false;     ///< False from a canary that came too late until one that is in time.
    bool carried = false;  ///< As of the last on_tick().
    bool operator==(const State&) const = default;
  };

  /// Begins blind: nobody is judged until the first canary came back.
  BusWatch(const LivenessSettings& settings, MonoTime now);
  BusWatch(const LivenessSettings& settings, const State& state);
  const State& save() const { return state_; }

  /// A canary came back that was sent at `sent_at`, on our own clock.
  void on_returned(MonoTime sent_at, MonoTime now);
  /// Judges the bus. True: carries() is another one than before.
  [[nodiscard]] bool on_tick(MonoTime now);
  /// The canary that is due, by the instant that it must tell as that of its sending.
  std::optional<MonoTime> take_canary(MonoTime now);

  /// Whether the bus carries, as of the last on_tick().
  bool carries() const { return state_.carried; }
  /// Why it does not, in words.
  std::string blindness(MonoTime now) const;
  /// The longest round trip with which the bus counts as carrying again.
  Duration round_trip_max() const { return stale_after_ - interval_; }

  std::optional<MonoTime> next_deadline() const;
  /// Does not hold `lateness` against the bus: for so long we ourselves did not look.
  void on_stall(Duration lateness, MonoTime now);
  /// It is this part that notices it.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  bool carries_at(MonoTime now) const;

  Duration interval_;
  Duration stale_after_;
  State state_;
};

}  // namespace hearth::core
