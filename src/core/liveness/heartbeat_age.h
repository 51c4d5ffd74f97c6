#pragma once

#include <optional>

#include "base/time.h"

namespace hearth::core {

/// Computes how old a heartbeat is, without a common clock.
///
/// A broker that stalled delivers everything it held at once: at receipt the oldest heartbeat looks
/// as fresh as the newest. So the difference between receipt (our clock) and sending (the agent's
/// clock) is taken for each message. The difference itself means nothing, but the smallest recent
/// one belongs to the fastest delivery there was; any excess is time spent in flight.
///
/// The minimum is taken over the last one to two windows of kWindow, not over the whole
/// incarnation: two quartz clocks can drift apart by 50 ppm, which would look like 4 s of age after
/// a day, but is 6 ms after two minutes.
///
/// The agent's clock can also stand still for a while (a hypervisor pauses its guest); then every
/// later message exceeds the minimum by that much. A backlog drains: its messages arrive closer
/// together than they were sent. So messages that keep arriving at the pace they were sent, for
/// kSteadyFor, are not late, however large the difference: the clock moved.
///
/// One object per incarnation of one agent. Sans-io, not thread-safe.
class HeartbeatAge {
 public:
  static constexpr Duration kWindow = std::chrono::minutes(1);
  /// A difference that stays within kSteadyWithin for this long, on both clocks and over
  /// kSteadyMessages, becomes the new minimum.
  static constexpr Duration kSteadyFor = std::chrono::seconds(1);
  static constexpr Duration kSteadyWithin = std::chrono::milliseconds(100);
  static constexpr int kSteadyMessages = 3;

  /// Messages that arrived at the pace they were sent.
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
    std::optional<Duration> smallest_now;     ///< Of the current window.
    std::optional<Duration> smallest_before;  ///< Of the previous window.
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
