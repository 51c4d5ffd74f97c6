#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "sim/cluster.h"
#include "sim/scenario.h"
#include "sim/silent_log.h"

namespace hearth::sim {

/// One scenario in progress: a cluster, and the vocabulary of its script. What the script expects
/// and does not find is a violation: settles of a state that should be reached or last, script of
/// anything else.
class Story {
 public:
  /// Within this time after the last fault all must be well: a quarantined node is switched on by
  /// the operator, a lost notice found by the next listing, a crash loop waited out.
  static constexpr Duration kSettleMax = std::chrono::seconds(120);
  static constexpr std::uint32_t kCpuOfInstance = 300;

  Story(std::uint64_t seed, HistoryOptions options);

  void begin(ClusterShape shape);

  World& world() { return world_; }
  Cluster& cluster() { return *cluster_; }
  SimMachine& machine(std::uint32_t number) { return cluster_->machine(node(number)); }
  static NodeName node(std::uint32_t number);
  static WorkloadName workload(std::uint64_t number);
  static Digest bundle(std::uint64_t number);
  static WorkloadSpec spec(std::uint64_t bundle_number, std::uint32_t instances);

  void pass(Duration duration) { world_.run_until(world_.now() + duration); }
  bool broken() const { return world_.violation().has_value(); }

  /// All must be well within `most`.
  void settle(Duration most = kSettleMax);
  /// An end by a signal counts only once it was surely none of the runtime, and then what asks for
  /// it is restarted, too: all must be well after that.
  void await_ends();
  /// Nothing must be done, and everything must stay as it is.
  void stay_quiet();

  /// The number of containers of the workload that run anywhere.
  std::size_t running(const WorkloadName& name);
  NodeState verdict(std::uint32_t number);
  void expect(bool holds, std::string what) {
    if (!holds && !broken()) world_.violate("script", std::move(what));
  }

 private:
  SilentLog silent_log_;
  World world_;
  WallClocks wall_clocks_;
  std::uint64_t wall_seed_;
  std::optional<Cluster> cluster_;
};

}  // namespace hearth::sim
