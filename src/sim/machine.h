#pragma once

#include <functional>
#include <string>

#include "model/node.h"
#include "sim/agent_process.h"

namespace hearth::sim {

/// One node: a machine with a power switch, a disk, an engine and an agent that a supervisor
/// starts again.
class SimMachine {
 public:
  struct Parts {
    World& world;
    SimBus& bus;
    ContentStore& content;
    WallError wall_error;
  };
  SimMachine(Parts parts, core::AgentSettings settings, AgentProcess::Hooks hooks);

  /// Boots unless it is up already.
  void power_on();
  /// Everything on it ends at once. Its disk stays.
  void power_off();
  /// The agent's process ends; the supervisor starts it again after `down_for`.
  void crash_agent(Duration down_for);
  void freeze();
  void thaw();
  /// A fresh disk: the agent has no memory and the engine no containers that anybody knows of.
  void forget_assignment() { disk_.assignment.reset(); }

  const std::string& name() const { return name_; }
  SimHost& host() { return host_; }
  SimEngine& engine() { return engine_; }
  const SimEngine& engine() const { return engine_; }
  AgentProcess& agent() { return agent_; }
  AgentDisk& disk() { return disk_; }
  bool is_powered() const { return powered_; }
  bool is_up() const { return host_.is_up(); }
  bool is_frozen() const { return host_.is_frozen(); }
  /// Up, running, with its agent and its engine.
  bool works() const {
    return host_.is_up() && !host_.is_frozen() && agent_.is_alive() && engine_.answers();
  }
  DialOutcome dialled() const;

 private:
  void boot();
  void start_agent_after(Duration delay);
  AgentProcess::Hooks supervised(AgentProcess::Hooks hooks);

  World& world_;
  std::string name_;
  bool powered_ = false;
  std::uint64_t power_life_ = 0;
  std::uint64_t boots_ = 0;
  std::string boot_id_;
  SimHost host_;
  SimEngine engine_;
  AgentDisk disk_;
  Duration agent_down_for_ = std::chrono::seconds(1);  ///< Until the supervisor starts it again.
  AgentProcess agent_;
};

}  // namespace hearth::sim
