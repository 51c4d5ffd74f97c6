#pragma once

#include <chrono>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "base/time.h"
#include "model/ids.h"

namespace hearth::core {

/// How often instances of a workload may be replaced because they are degraded, over all causes: a
/// rule that is always wrong, or an application that is always ill, must not churn it.
///
/// After kReplacementsMax within kWindow a degraded instance is left as it is, for an operator.
/// What it knows is lost with the manager's process. Sans-io, not thread-safe.
class ReplacementBudget {
 public:
  static constexpr std::size_t kReplacementsMax = 5;
  static constexpr Duration kWindow = std::chrono::hours(1);

  struct State {
    std::map<WorkloadName, std::deque<MonoTime>> spent;  ///< The latest, ascending.
    bool operator==(const State&) const = default;
  };

  ReplacementBudget() = default;
  explicit ReplacementBudget(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  bool allows(const WorkloadName& workload) const { return left(workload) > 0; }
  /// How many more may begin now.
  std::size_t left(const WorkloadName& workload) const;
  /// When one more may begin than now; nullopt: none was spent.
  std::optional<MonoTime> next_refill(const WorkloadName& workload) const;
  /// A replacement begins.
  void spend(const WorkloadName& workload, MonoTime now);
  /// Lets time pass. Returns the workloads that may have a replacement again.
  std::set<WorkloadName> on_tick(MonoTime now);

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: it judges nobody.
  void on_stall(Duration, MonoTime) {}
  /// As above.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
