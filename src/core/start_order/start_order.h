#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/assignment.h"
#include "model/instance.h"

namespace hearth::core {

/// In which order a node that boots starts its instances, with or without a manager.
///
/// The first start of an instance since the agent's is held back while something of its node that
/// it starts after is not there: until then its container is only created. After kHoldMax it starts
/// anyway. What runs, or has run, is never held: an exit is followed by a restart at once. Sans-io,
/// not thread-safe.
class StartOrder {
 public:
  static constexpr Duration kHoldMax = std::chrono::minutes(2);

  struct Held {
    AssignedInstance instance;
    std::optional<MonoTime> until;  ///< From the first tend() on.
    std::string reason;             ///< What it waits for, in words.
    bool operator==(const Held&) const = default;
  };
  struct State {
    std::map<InstanceId, Held> held;
    std::set<InstanceId> started;  ///< Assigned instances that are not held again.
    bool operator==(const State&) const = default;
  };
  /// An instance of the node.
  struct Seen {
    WorkloadName workload;
    InstanceStatus status;
  };
  /// An instance that may start.
  struct Released {
    AssignedInstance instance;
    std::string lacking;  ///< What it starts without, having waited for long enough; else empty.
  };

  StartOrder() = default;
  explicit StartOrder(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  /// What the node must do about an assigned instance: as assigned, or only stage it.
  AssignedInstance admit(const AssignedInstance& instance);
  /// No other instances are assigned.
  void keep_only(const std::set<InstanceId>& assigned);
  /// Lets time pass. `seen`: all assigned instances.
  std::vector<Released> tend(const std::map<InstanceId, Seen>& seen, MonoTime now);

  bool is_holding() const { return !state_.held.empty(); }
  /// nullptr: the instance is not held.
  const Held* find(const InstanceId& id) const;
  std::optional<MonoTime> next_deadline() const;

 private:
  State state_;
};

}  // namespace hearth::core
