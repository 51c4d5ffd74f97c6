#pragma once

#include <chrono>
#include <optional>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/health/watch_messages.h"
#include "model/assignment.h"
#include "model/ids.h"

namespace hearth::core {

/// What is to be found out about the container that serves an instance: its log is read once, the
/// runtime is asked about it until it answers, and its probes are checked. Sans-io, not
/// thread-safe.
class ContainerWatch {
 public:
  /// Until the runtime is asked again about a container.
  static constexpr Duration kInspectionRetry = std::chrono::seconds(3);

  struct State {
    ContainerId followed;   ///< The container whose log is read.
    ContainerId inspected;  ///< The container that the runtime was asked about, and answered.
    MonoTime next_inspection{};
    bool operator==(const State&) const = default;
  };

  ContainerWatch() = default;
  explicit ContainerWatch(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  void on_running(MonoTime now) { state_.next_inspection = now; }
  void on_inspected(const ContainerId& container) { state_.inspected = container; }

  /// Of the container that serves `instance`; each request is returned once. `checks`: those of its
  /// probes that are due.
  std::vector<WatchAction> take(const ContainerId& container, const AssignedInstance& instance,
                                std::vector<DueCheck> checks, MonoTime now);
  /// The first instant after `now` at which take() may ask the runtime about the container.
  std::optional<MonoTime> next_deadline(const ContainerId& container, MonoTime now) const;

 private:
  State state_;
};

}  // namespace hearth::core
