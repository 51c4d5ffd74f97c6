#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "shell/topics/topic_names.h"
#include "sim/broker.h"
#include "sim/checker.h"
#include "sim/machine.h"
#include "sim/manager.h"
#include "sim/operator.h"
#include "sim/service_checker.h"
#include "sim/start_checker.h"
#include "sim/world.h"

namespace hearth::sim {

/// Where the broker runs, and how agents find it.
enum class BrokerKind : std::uint8_t {
  kNamed,     ///< On its own; its address is on the agents' command line.
  kAsked,     ///< On its own; agents ask the manager for its address.
  kEmbedded,  ///< In the manager's process: it ends with it, and restarts empty at another address.
};

struct ClusterShape {
  std::uint32_t nodes = 3;
  bool with_power = true;        ///< Each node has a power driver.
  std::uint32_t cpu_millis = 0;  ///< Of each node; 0: unknown.
  BrokerKind broker = BrokerKind::kNamed;
  std::size_t inbox_max = 20'000;  ///< The manager's.
  WallClocks wall_clocks = WallClocks::kAgree;
  /// Whether clocks are set while they run. Then lines that are read late have wrong ages.
  bool clocks_are_set = true;
  std::uint64_t wall_seed = 0;  ///< Only for the errors of the wall clocks.
};

/// A whole installation: manager, store, broker, machines with agents and engines, an operator, and
/// the checker that observes them all.
class Cluster {
 public:
  Cluster(World& world, const ClusterShape& shape);

  /// Switches everything on and imports the nodes.
  void start();

  World& world() { return world_; }
  SimBroker& broker() { return broker_; }
  SimManager& manager() { return manager_; }
  /// What the manager has on disk.
  const StoredState& stored() const { return manager_.stored(); }
  Operator& the_operator() { return operator_; }
  Checker& checker() { return checker_; }
  ServiceChecker& service_checker() { return service_checker_; }
  ContentStore& content() { return content_; }
  std::vector<NodeName> node_names() const;
  /// The running containers of each node.
  using Running = std::map<NodeName, std::set<ContainerId>>;
  Running running() const;
  /// Those that ran when the manager last died.
  const Running& running_at_crash() const { return running_at_crash_; }
  SimMachine& machine(const NodeName& name) { return *machines_.at(name); }

  /// Cuts the manager's way to the node's port; the bus is another way.
  void cut_dial(const NodeName& name) { dial_cut_.insert(name); }
  void join_dial(const NodeName& name) { dial_cut_.erase(name); }
  /// Cuts both ways to the node.
  void cut_off(const NodeName& name);
  /// A foreign client writes records that are not Hearth's to our topics.
  void write_foreign_records(const NodeName& name);
  void set_power_faults(const PowerFaults& faults) { power_faults_ = faults; }

  /// Ends all faults. Machines that are off stay off for the manager to find; the operator switches
  /// on after a while those that it cannot recover.
  void heal();

  /// How the running containers differ from what was requested; empty if they do not.
  std::string unsettled();

 private:
  SimMachine::Hooks machine_hooks(const NodeName& name);
  void check_stop(const NodeName& name, const ContainerId& container);
  void check_start(const NodeName& name, const ContainerId& container, const Report& report);
  void on_agent_crash(const NodeName& name, const core::Agent& agent);
  SimManager::Hooks manager_hooks();
  DialOutcome dial(const NodeName& name) const;
  std::optional<Result<HttpReply>> answer_of_agent(const HttpCall& call) const;
  std::optional<Result<HttpReply>> answer_of_manager(const HttpCall& call) const;
  void carry_out_switch(const NodeName& name, PowerVerb verb);
  void ask_manager(const Command& command, Completion<core::CommandResult> done);
  void move_embedded_broker(bool to_a_live_manager);
  Checker::Truth truth();
  ServiceChecker::Truth truth_of_services();
  bool runs(const NodeName& name, const ContainerId& container) const;
  std::string unsettled_container(const NodeName& name, const Container& container) const;
  bool has_way_to_manager(const NodeName& name) const;
  bool can_be_received(const NodeName& name) const;
  WallError draw_wall_error();
  std::string unsettled_nodes();
  std::string unsettled_workloads();
  std::string unsettled_containers();

  World& world_;
  ClusterShape shape_;
  Prng wall_prng_;
  TopicNames topics_;
  SimBroker broker_;
  std::uint64_t brokers_ = 1;
  PowerFaults power_faults_;
  ContentStore content_;
  std::map<NodeName, std::unique_ptr<SimMachine>> machines_;
  SimManager manager_;
  Operator operator_;
  Checker checker_;
  ServiceChecker service_checker_;
  StartChecker start_checker_;
  std::set<NodeName> dial_cut_;
  Running running_at_crash_;
};

/// The settings of all simulated clusters: the default liveness profile, and timeouts short enough
/// for a simulated minute.
core::ManagerSettings simulated_manager_settings(bool with_power);

}  // namespace hearth::sim
