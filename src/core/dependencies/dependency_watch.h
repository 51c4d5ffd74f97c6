#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"
#include "model/ids.h"

namespace hearth::core {

/// How long replacements have waited for the dependencies of their workload, and which workloads
/// are to be restarted because one of their dependencies was.
///
/// The first start of a workload waits for as long as it takes. A replacement does not: what it
/// replaces ran, so its dependencies were there, and after kWaitMax it starts without them.
///
/// What it knows is lost with the manager's process: waits begin anew, and a restart that was not
/// yet due is left out. Sans-io, not thread-safe.
class DependencyWatch {
 public:
  static constexpr Duration kWaitMax = std::chrono::minutes(2);
  /// After a time in which the nodes could not report.
  static constexpr Duration kLookAgain = std::chrono::seconds(5);

  struct Wait {
    WorkloadName workload;
    MonoTime until;
    bool is_over = false;
    bool operator==(const Wait&) const = default;
  };
  struct State {
    std::map<InstanceId, Wait> waits;
    std::map<WorkloadName, WorkloadName> restarts;  ///< With the dependency that was restarted.
    bool operator==(const State&) const = default;
  };

  DependencyWatch() = default;
  explicit DependencyWatch(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  /// The replacement waits. Returns true once it has waited for long enough.
  [[nodiscard]] bool note_wait(const InstanceId& id, const WorkloadName& workload, MonoTime now);
  /// It waits no more, or is gone.
  void end_wait(const InstanceId& id) { state_.waits.erase(id); }
  /// Lets time pass. Returns the workloads of which one has now waited for long enough.
  std::set<WorkloadName> on_tick(MonoTime now);

  /// `workload` is to be restarted once `dependency`, which was restarted, is ready.
  void ask_restart(const WorkloadName& workload, const WorkloadName& dependency) {
    state_.restarts.insert_or_assign(workload, dependency);
  }
  std::optional<WorkloadName> restart_of(const WorkloadName& workload) const;
  /// It is being restarted, or needs it no more.
  void end_restart(const WorkloadName& workload) { state_.restarts.erase(workload); }

  std::optional<MonoTime> next_deadline() const;
  /// What the nodes reported meanwhile has not been received yet.
  void on_stall(Duration lateness, MonoTime now);
  /// As above.
  void on_bus_restored(MonoTime now);

 private:
  State state_;
};

}  // namespace hearth::core
