#pragma once

#include <chrono>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "base/time.h"
#include "model/heartbeat.h"
#include "model/workload.h"

namespace hearth::core {

/// Which builders have tried for too long to build what they were ordered, and which nodes are
/// avoided for it.
///
/// A builder may be unable to fetch the build context, or to hand the image over, while its
/// heartbeats arrive. The time counts from its first report of a try that failed, until a report
/// without one. After the workload's placement deadline, kPatienceMin at least, the build is
/// overdue: it goes to another node. A build that takes long is not failing.
///
/// What it knows is lost with the manager's process, and counted again. Sans-io, not thread-safe.
class BuildWatch {
 public:
  /// A builder reports a try as failed for some time after the next one has begun
  /// (ImageSupply::kTrySilence): a shorter patience would end a build that makes progress.
  static constexpr Duration kPatienceMin = std::chrono::minutes(1);
  /// After a time in which the builder could not report.
  static constexpr Duration kLookAgain = std::chrono::seconds(5);
  /// A release that this many nodes could not build has failed.
  static constexpr std::size_t kNodesTried = 2;

  /// A build whose tries fail.
  struct Failing {
    Generation generation;
    NodeName builder;
    std::string reason;  ///< What the builder says.
    MonoTime due;        ///< When it is overdue.
    bool is_overdue = false;
    bool operator==(const Failing&) const = default;
  };
  /// The nodes that could not build a release, with what they said.
  struct Avoided {
    Generation generation;
    std::map<NodeName, std::string> nodes;
    bool operator==(const Avoided&) const = default;
  };
  struct State {
    std::map<WorkloadName, Failing> failing;
    std::map<WorkloadName, Avoided> avoided;
    bool operator==(const State&) const = default;
  };

  BuildWatch() = default;
  explicit BuildWatch(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  /// The builder of `workload` reports a build that it was ordered. Returns true if the build was
  /// overdue, and its tries fail no longer.
  [[nodiscard]] bool on_status(const Workload& workload, const BuildStatus& status, MonoTime now);
  /// Applies the current record of a workload: forgets what it no longer concerns.
  void follow(const Workload& workload);
  /// Lets time pass. Returns true if a build has become overdue. A build whose builder is not live
  /// waits on: what it does is not known.
  [[nodiscard]] bool on_tick(const std::function<bool(const NodeName&)>& is_live, MonoTime now);

  /// What the workload's builder says of its tries, if it has failed for too long; nullptr
  /// otherwise.
  const Failing* overdue(const WorkloadName& workload) const;
  /// The nodes that could not build its latest release, with what they said.
  const std::map<NodeName, std::string>& avoided(const WorkloadName& workload) const;

  std::optional<MonoTime> next_deadline() const;
  /// What the builders reported meanwhile has not been received yet.
  void on_stall(Duration lateness, MonoTime now);
  /// As above.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
