#pragma once

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "core/manager/manager.h"

namespace hearth::bench {

/// A manager of a large cluster in which everything runs, and the messages it receives. Its clock
/// is simulated; only the manager's own work takes time.
class FleetScene {
 public:
  /// `instances` of workloads of `kInstancesOfWorkload` each, spread evenly over `nodes`.
  FleetScene(std::uint32_t nodes, std::uint32_t instances);

  static constexpr std::uint32_t kInstancesOfWorkload = 100;

  /// One heartbeat of each live node, spread over one interval, with everything else due in that
  /// time. Returns the number of heartbeats.
  std::size_t beat();
  /// Makes the first `count` nodes silent, and lets them answer no dial.
  void kill(std::uint32_t count) { dead_ = count; }
  /// Instances placed on a live node that run, or will once the node receives its assignment.
  std::size_t placed() const;
  const core::Manager& manager() const { return manager_; }

  /// The time of the steps other than heartbeats of live nodes.
  std::chrono::nanoseconds time_of_other_steps() const { return others_; }

 private:
  struct Beating {
    NodeName name;
    Heartbeat heartbeat;
  };

  static Snapshot snapshot(std::uint32_t nodes, std::uint32_t instances);
  static core::ManagerSettings settings();
  void step(const core::ManagerEvent& event);
  void other_step(const core::ManagerEvent& event);
  void carry_out(const core::ManagerBatch& batch);
  void pass_until(MonoTime end);

  MonoTime now_{std::chrono::hours(1)};
  std::vector<Beating> nodes_;
  std::unordered_map<std::string, std::size_t> number_of_;
  std::uint32_t dead_ = 0;
  std::vector<core::ManagerEvent> due_;  ///< Returning canaries and dial answers.
  std::chrono::nanoseconds others_{0};
  core::Manager manager_;
};

}  // namespace hearth::bench
