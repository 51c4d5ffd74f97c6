#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <utility>

#include "base/prng.h"
#include "base/time.h"
#include "model/instance.h"
#include "model/instance_spec.h"
#include "model/settings.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// Whether an instance that ended like this is left as it is. No exit: how it ended is not known.
bool is_final(RestartPolicy policy, const std::optional<ContainerExit>& exit);

/// Decides when one instance may be started again after it stopped or could not be started.
///
/// The first restart is immediate: most crashes are single, and waiting does not help. Then the
/// wait doubles from backoff_min to backoff_max with a jitter of a fifth, so that instances that
/// died together (a broker failed) do not come back together. Too many stops within a window are a
/// crash loop: from then on every wait is backoff_max. Only a healthy spell resets all of this.
/// Sans-io, not thread-safe.
class RestartRecord {
 public:
  struct State {
    std::optional<MonoTime> running_since;
    std::deque<MonoTime> stops;  ///< The latest, at most crash_loop_count of them.
    std::uint32_t waits = 0;     ///< Stops since the last healthy spell.
    MonoTime next_start{};
    bool in_crash_loop = false;
    bool operator==(const State&) const = default;
  };

  explicit RestartRecord(const RestartSettings& settings) : settings_(settings) {}
  RestartRecord(const RestartSettings& settings, State state)
      : settings_(settings), state_(std::move(state)) {}
  /// As remembered over a start of the agent.
  RestartRecord(const RestartSettings& settings, const RestartMemory& known);
  State save() const { return state_; }
  RestartMemory memory() const;

  void on_started(MonoTime now);
  /// It stopped, or could not be started: the next start is due at next_start().
  void on_stopped(MonoTime now, Prng& prng);
  /// It ended with its machine or its runtime, which says nothing of it.
  void on_ended_with_runtime(MonoTime now);

  /// When it may be started; an instant in the past means immediately.
  MonoTime next_start() const { return state_.next_start; }
  bool in_crash_loop() const { return state_.in_crash_loop; }

 private:
  void forget_if_healthy(MonoTime now);

  RestartSettings settings_;
  State state_;
};

}  // namespace hearth::core
