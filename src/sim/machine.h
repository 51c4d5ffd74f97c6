#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "model/node.h"
#include "sim/agent_process.h"

namespace hearth::sim {

/// One node: a machine with a power switch, a disk, an engine, and an agent with a supervisor that
/// restarts it.
class SimMachine {
 public:
  struct Parts {
    World& world;
    SimBroker& broker;
    ContentStore& content;
    WallError wall_error;
  };
  struct Hooks {
    AgentProcess::Hooks agent;
    std::function<void(const Assignment&)> on_saved;
    /// `agent`: as it was.
    std::function<void(const core::Agent& agent)> on_agent_crash;
    std::function<void()> on_disk_lost;  ///< The agent's stored state, that is.
  };
  /// `bus`: from its agent's command line.
  SimMachine(Parts parts, core::AgentSettings settings, std::optional<BusAddress> bus, Hooks hooks);

  /// Boots unless it is up already.
  void power_on();
  /// Ends everything on it at once. Its disk stays.
  void power_off();
  /// The agent's process ends; the supervisor restarts it after `down_for`.
  void crash_agent(Duration down_for);
  /// The agent dies around its next save: before it, or after it without knowing.
  enum class SaveCrash : std::uint8_t { kNone, kBefore, kAfter };
  void crash_agent_at_save(SaveCrash when) { save_crash_ = when; }
  void freeze();
  void thaw();
  /// Replaces the disk while the agent is down for a while: its state is lost.
  void lose_disk(Duration down_for);
  /// The next power cut damages what the agent wrote last.
  void damage_at_power_off() { damaged_at_power_off_ = true; }
  void spare_at_power_off() { damaged_at_power_off_ = false; }

  const std::string& name() const { return name_; }
  SimEngine& engine() { return engine_; }
  const SimEngine& engine() const { return engine_; }
  SimDisk& disk() { return disk_; }
  const SimWorkFolder& work_folder() const { return work_folder_; }
  bool is_up() const { return host_.is_up(); }
  bool is_frozen() const { return host_.is_frozen(); }
  bool agent_runs() const { return agent_ != nullptr; }
  /// Precondition: agent_runs().
  const AgentProcess& agent() const { return *agent_; }
  /// Up and not frozen, with its agent and its engine running.
  bool works() const {
    return host_.is_up() && !host_.is_frozen() && agent_runs() && engine_.answers();
  }
  DialOutcome dialled() const;

 private:
  void boot();
  void start_agent_after(Duration delay);
  void start_agent();
  void end_agent();
  bool survives_save(SaveCrash when);
  SimAgentStore::Hooks store_hooks();

  World& world_;
  std::string name_;
  core::AgentSettings settings_;
  std::optional<BusAddress> bus_;
  Hooks hooks_;
  SimBroker& broker_;
  ContentStore& content_;
  bool powered_ = false;
  std::uint64_t power_switches_ = 0;
  std::uint64_t boots_ = 0;
  std::uint64_t agent_starts_ = 0;
  std::string boot_id_;
  SimHost host_;
  SimDisk disk_;
  SimEngine engine_;
  SimAgentStore store_;
  SimWorkFolder work_folder_;
  SaveCrash save_crash_ = SaveCrash::kNone;
  bool damaged_at_power_off_ = false;
  std::unique_ptr<AgentProcess> agent_;
  std::vector<std::unique_ptr<AgentProcess>> ended_;  ///< Possibly within a task, until the next.
};

}  // namespace hearth::sim
