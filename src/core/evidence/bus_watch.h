#pragma once

#include <optional>

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
  /// Begins blind: nobody is judged until the first canary came back.
  BusWatch(const LivenessSettings& settings, MonoTime now);

  /// When the next canary is due.
  MonoTime next_send() const { return next_send_; }
  void on_sent(MonoTime now);

  /// A canary came back that was sent at `sent_at`, on our own clock.
  void on_returned(MonoTime sent_at, MonoTime now);

  /// Does not hold `lateness` against the bus: for so long we ourselves did not look.
  void excuse(Duration lateness, MonoTime now);

  bool carries_at(MonoTime now) const { return sees_ && now - last_returned_ <= stale_after_; }
  /// For how long nothing has come back.
  Duration silence_at(MonoTime now) const { return now - last_returned_; }
  /// How long the last canary was under way; nullopt before one came back.
  std::optional<Duration> round_trip() const { return round_trip_; }
  /// The longest round trip with which the bus counts as carrying again.
  Duration round_trip_max() const { return stale_after_ - interval_; }
  /// When carries_at() turns false if nothing comes back; long past if it is false already.
  MonoTime stale_at() const { return last_returned_ + stale_after_ + Duration(1); }

 private:
  Duration interval_;
  Duration stale_after_;
  MonoTime next_send_;
  MonoTime last_returned_;  ///< Sending time of the youngest canary that came back.
  std::optional<Duration> round_trip_;
  bool sees_ = false;  ///< False from a canary that came too late until one that is in time.
};

}  // namespace hearth::core
