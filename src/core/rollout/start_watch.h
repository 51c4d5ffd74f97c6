#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "base/time.h"
#include "model/instance.h"
#include "model/workload.h"

namespace hearth::core {

/// Which instances their nodes have failed to start for too long, and which nodes are avoided for
/// it.
///
/// A placement is a bet: the node may turn out to be unable to fetch the image or to create the
/// container. The time counts while the node reports that it tried and failed, or reports nothing
/// about the instance at all; an image that takes long to arrive is no failure. After the
/// workload's placement deadline the instance is overdue: it goes elsewhere, and the node gets no
/// instance of this release for kAvoidedFor.
///
/// What it knows is lost with the manager's process, and counted again. Sans-io, not thread-safe.
class StartWatch {
 public:
  static constexpr Duration kAvoidedFor = std::chrono::minutes(10);
  /// After a time in which the node could not report.
  static constexpr Duration kLookAgain = std::chrono::seconds(5);
  /// A fetch without an answer is reported as failed after this long, which counts, too.
  static constexpr Duration kFetchSilence = std::chrono::seconds(30);
  /// A release that this many nodes could not start is at fault itself.
  static constexpr std::size_t kNodesTried = 2;

  struct Avoided {
    Generation generation;
    MonoTime until;
    std::string reason;  ///< What the node said.
    bool operator==(const Avoided&) const = default;
  };
  /// An instance that its node fails to start.
  struct Failing {
    WorkloadName workload;
    Generation generation;
    NodeName node;
    std::string reason;  ///< What the node says; empty: nothing.
    MonoTime due;        ///< When it is overdue.
    bool is_overdue = false;
    bool operator==(const Failing&) const = default;
  };
  struct State {
    std::map<InstanceId, Failing> failing;
    std::map<InstanceId, MonoTime> fetching;  ///< Since when their node fetches the image.
    std::map<WorkloadName, std::map<NodeName, Avoided>> avoided;
    bool operator==(const State&) const = default;
  };

  StartWatch() = default;
  explicit StartWatch(State state);
  const State& save() const { return state_; }

  /// Applies a change of one instance; nullptr: it did not exist before, or does not exist after.
  void follow(const Instance* before, const Instance* after, Duration placement_deadline,
              MonoTime now);
  /// Lets time pass. Returns the workloads of instances that have become overdue. An instance whose
  /// node is not live waits on: what its node does is not known.
  std::set<WorkloadName> on_tick(const std::function<bool(const NodeName&)>& is_live, MonoTime now);
  bool is_overdue(const InstanceId& id) const;
  /// The nodes that could not start this release, with what they said.
  std::map<NodeName, std::string> avoided(const WorkloadName& workload,
                                          Generation generation) const;

  std::optional<MonoTime> next_deadline() const;
  /// What the nodes reported meanwhile has not been received yet.
  void on_stall(Duration lateness, MonoTime now);
  /// As above.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  Duration note_fetching(const InstanceId& id, const Instance* instance, MonoTime now);
  template <class PutOff>
  void put_off(const PutOff& put_off);

  State state_;
  std::set<std::pair<MonoTime, InstanceId>> due_;  ///< Of those that are not overdue.
};

}  // namespace hearth::core
