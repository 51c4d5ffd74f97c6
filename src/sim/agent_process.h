#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "shell/agent/agent_shell.h"
#include "sim/agent_store.h"
#include "sim/bus.h"
#include "sim/content.h"
#include "sim/http.h"
#include "sim/loop.h"
#include "sim/no_last_words.h"
#include "sim/plain_patterns.h"
#include "sim/prober.h"
#include "sim/runtime.h"

namespace hearth::sim {

/// How long a simulated process's records wait for an acknowledgement, and how many can wait.
inline constexpr Duration kAgentSendWithin = std::chrono::milliseconds(1500);
inline constexpr std::size_t kAgentSendQueueMax = 64;

/// One process of an agent: the shell that ships, wired to simulated ports as src/app wires it to
/// real ones.
class AgentProcess {
 public:
  /// Observers, and the world around the node.
  struct Hooks {
    std::function<void(const Heartbeat&)> on_status;  ///< Decided; about to be sent.
    std::function<void(const ContainerId&)> on_stop;
    std::function<void(const InstanceId&)> on_create;  ///< A container, of the instance.
    /// In the place of the adopted one of the instance.
    std::function<void(const InstanceId&)> on_recreate;
    /// `report`: of all that the node has.
    std::function<void(const ContainerId&, const Report& report)> on_start;
    /// It is about to be started, stopped, removed or replaced by a fresh one.
    std::function<void(const ContainerId&)> on_change;
    std::function<void(const BuildOrder&)> on_build_begins;
    std::function<void(const BuildOrder&, const Result<Digest>&)> on_build_ends;
    std::function<bool()> manager_reachable;
    SimHttp::Server manager;  ///< Its answers, while it can be reached.
  };
  struct Node {
    SimHost& host;
    SimDisk& disk;
    SimAgentStore& store;
    SimWorkFolder& folder;
    SimEngine& engine;
    SimBroker& broker;
    ContentStore& content;
  };
  struct Config {
    core::AgentSettings settings;
    std::string boot_id;
    std::optional<BusAddress> bus;  ///< From its command line; otherwise it asks the manager.
  };

  AgentProcess(const Node& node, const Config& config, const Hooks& hooks);
  AgentProcess(const AgentProcess&) = delete;
  AgentProcess& operator=(const AgentProcess&) = delete;

  void end() { loop_.end(); }
  bool runs() const { return loop_.runs(); }
  const core::Agent& agent() const { return shell_->agent(); }
  /// nullptr while it does not know the address of the bus.
  const SimBus* bus() const { return bus_; }

 private:
  static core::AgentSettings begin(const Node& node, const Config& config);
  std::optional<Assignment> load(const Node& node) const;
  static WatchMemory load_memory(const Node& node);
  AgentPorts ports(const Node& node);
  void on_step(const core::AgentEvent& event, const std::vector<core::AgentAction>& actions,
               core::Agent& agent);
  void note(const core::AgentAction& action, const core::Agent& agent);
  void note_change(const core::AgentAction& action, const core::Agent& agent);
  void note_end_of_build(const core::OperationDone& done);

  Hooks hooks_;
  const core::AgentSettings settings_;
  const std::string name_;
  SimLoop loop_;
  SimRuntime runtime_;
  PlainPatterns patterns_;
  SimProber prober_;
  NoLastWords last_words_;
  SimHttp http_;
  SimContentClient content_;
  const SimBus* bus_ = nullptr;
  std::optional<core::BuildImage> building_;
  std::size_t saves_under_way_ = 0;
  std::size_t memory_saves_ = 0;     ///< Under way.
  std::optional<AgentShell> shell_;  ///< Last: it uses all of them.
};

}  // namespace hearth::sim
