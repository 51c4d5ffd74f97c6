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
/// The agent's clock may also stand still for a while (a hypervisor that pauses its guest), and
/// then every later message exceeds the minimum by as much. A backlog drains: its messages arrive
/// closer to each other than they were sent. So messages that keep arriving as they were sent, for
/// kSteadyFor, are not late, however large the difference: the clock moved.
///
/// One object per incarnation of one agent. Sans-io, not thread-safe.
class HeartbeatAge {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(1);
  /// A difference that stays within kSteadyWithin for so long, on both clocks, and over
  /// kSteadyMessages, is the new fastest way.
  static constexpr Duration kSteadyFor = std::chrono::seconds(1);
  static constexpr Duration kSteadyWithin = std::chrono::milliseconds(100);
  static constexpr int kSteadyMessages = 3;

  /// Messages that arrived as they were sent.
  struct Run {
    MonoTime sent_at;
    MonoTime received_at;
    Duration difference;  ///< Of its first message.
    Duration smallest;
    int messages = 1;
    bool operator==(const Run&) const = default;
  };
  struct State {
    std::optional<Run> run;
    std::optional<Duration> smallest_now;     ///< Of the window under way.
    std::optional<Duration> smallest_before;  ///< Of the one before.
    MonoTime window_began;
    bool operator==(const State&) const = default;
  };

  HeartbeatAge() = default;
  explicit HeartbeatAge(const State& state) : state_(state) {}
  const State& save() const { return state_; }

  /// `sent_at` on the agent's clock, `received_at` on ours. Returns the age, >= 0.
  Duration age_of(MonoTime sent_at, MonoTime received_at);

 private:
  std::optional<Duration> steady_way(MonoTime sent_at, MonoTime received_at);

  State state_;
};

}  // namespace hearth::core
