#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "sim/bus.h"
#include "sim/checker.h"
#include "sim/machine.h"
#include "sim/manager_process.h"
#include "sim/operator.h"
#include "sim/store.h"
#include "sim/world.h"

namespace hearth::sim {

struct ClusterShape {
  std::uint32_t nodes = 3;
  bool with_power = true;        ///< Each node has a power driver.
  std::uint32_t cpu_millis = 0;  ///< Of each node; 0: not told.
  WallClocks wall_clocks = WallClocks::kAgree;
  std::uint64_t wall_seed = 0;  ///< Of nothing but their errors.
};

/// The power driver's troubles, in thousandths. `deaf`: of those that do not fail to act, how many
/// are not known to have: half of them say that they failed, the others answer late or never.
struct PowerFaults {
  std::uint32_t failure = 0;    ///< Nothing is switched, and the driver says so.
  std::uint32_t no_answer = 0;  ///< Nothing is switched, and the driver is silent.
  std::uint32_t deaf = 0;
};

/// A whole installation: manager, store, broker, machines with agents and engines, an operator, and
/// the checker that watches them all.
class Cluster {
 public:
  Cluster(World& world, const ClusterShape& shape);

  /// Switches everything on and has the nodes imported.
  void start();

  World& world() { return world_; }
  SimBus& bus() { return bus_; }
  SimStore& store() { return store_; }
  ManagerProcess& manager() { return manager_; }
  Operator& person() { return person_; }
  Checker& checker() { return checker_; }
  ContentStore& content() { return content_; }
  std::vector<NodeName> node_names() const;
  /// The containers that run, by their node.
  using Running = std::map<NodeName, std::set<ContainerId>>;
  Running running() const;
  /// Those that ran when the manager last died.
  const Running& running_at_crash() const { return running_at_crash_; }
  SimMachine& machine(const NodeName& name) { return *machines_.at(name); }

  /// The manager's way to the node's port; the bus is another way.
  void cut_dial(const NodeName& name) { dial_cut_.insert(name); }
  void join_dial(const NodeName& name) { dial_cut_.erase(name); }
  void set_power_faults(const PowerFaults& faults) { power_faults_ = faults; }

  /// Ends all faults. Machines that are off stay so for the manager to find; whoever it cannot
  /// bring back, the operator switches on after a while.
  void heal();

  /// Why what runs is not what was asked for; empty if it is.
  std::string unsettled();

 private:
  AgentProcess::Hooks agent_hooks(const NodeName& name);
  void check_stop(const NodeName& name, const ContainerId& container);
  ManagerProcess::Hooks manager_hooks();
  DialOutcome dial(const NodeName& name);
  Checker::Truth truth();
  bool can_be_heard(const NodeName& name) const;
  void switch_power(const NodeName& name, PowerVerb verb,
                    const std::function<void(Result<void>)>& done);
  WallError draw_wall_error();
  std::string unsettled_nodes();
  std::string unsettled_workloads();
  std::string unsettled_containers();

  World& world_;
  ClusterShape shape_;
  Prng wall_prng_;
  SimBus bus_;
  SimStore store_;
  ContentStore content_;
  std::map<NodeName, std::unique_ptr<SimMachine>> machines_;
  ManagerProcess manager_;
  Operator person_;
  Checker checker_;
  std::set<NodeName> dial_cut_;
  Running running_at_crash_;
  PowerFaults power_faults_;
};

/// The settings that all simulated clusters use: the default liveness profile, and patience short
/// enough for a simulated minute.
core::ManagerSettings simulated_manager_settings(bool with_power);

}  // namespace hearth::sim
