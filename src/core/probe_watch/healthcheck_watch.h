#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <utility>

#include "core/probe_watch/probe_watch.h"
#include "model/container.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// The HEALTHCHECK of the image of an instance's current container, which the runtime carries out
/// and counts.
///
/// Its first success ends the grace: an image that was not healthy yet is starting, not failing.
/// That it was unhealthy before the startup probe succeeded says nothing about the time after, so
/// it must have been otherwise once before it counts. Sans-io, not thread-safe.
class HealthcheckWatch {
 public:
  static constexpr std::size_t kOutputBytesMax = 200;

  struct State {
    std::optional<ImageHealth> health;  ///< nullopt: not known yet.
    std::string output;                 ///< Of its last check, shortened.
    bool was_healthy = false;           ///< In this container.
    bool is_excused = false;  ///< It has been unhealthy since before the startup probe succeeded.
    bool operator==(const State&) const = default;
  };
  /// What outlasts the agent.
  using Durable = HealthcheckMemory;

  HealthcheckWatch() = default;
  explicit HealthcheckWatch(State state) : state_(std::move(state)) {}
  explicit HealthcheckWatch(const Durable& known)
      : state_{.was_healthy = known.was_healthy, .is_excused = known.is_excused} {}
  const State& state() const { return state_; }
  Durable durable() const { return {state_.was_healthy, state_.is_excused}; }

  /// `has_startup_passed`: there is no startup probe, or it succeeded.
  void on_health(ImageHealth health, const std::string& output, bool has_startup_passed);

  bool is_known() const { return state_.health.has_value(); }
  /// The image has a HEALTHCHECK, as far as is known.
  bool exists() const { return state_.health && *state_.health != ImageHealth::kNone; }
  /// As a readiness probe.
  ProbeVerdict readiness() const;
  /// As a liveness probe.
  ProbeVerdict liveness() const;
  /// In words; empty if it is healthy, or there is none.
  std::string words() const;

 private:
  State state_;
};

}  // namespace hearth::core
