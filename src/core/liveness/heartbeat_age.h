#pragma once

#include <optional>

#include "base/time.h"

namespace hearth::core {

/// Tells how old a heartbeat is, without any common clock.
///
/// A broker that stalled delivers all it held at once: at receipt the oldest heartbeat looks as
/// fresh as the newest. So of each message the difference between receipt (our clock) and sending
/// (the agent's) is taken. The difference itself means nothing, but the smallest one seen lately
/// belongs to the fastest way there was; what exceeds it is time spent under way.
///
/// The minimum is taken over the last one to two windows of kWindow, not over the whole
/// incarnation: two quartz clocks may drift by 50 ppm, which would pass for 4 s of age after a day
/// and is 6 ms after two minutes.
///
/// One object per incarnation of one agent. Sans-io, not thread-safe.
class HeartbeatAge {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(1);

  /// `sent_at` on the agent's clock, `received_at` on ours. Returns the age, >= 0.
  Duration age_of(MonoTime sent_at, MonoTime received_at);

 private:
  std::optional<Duration> smallest_now_;
  std::optional<Duration> smallest_before_;
  MonoTime window_began_;
};

}  // namespace hearth::core
