#pragma once

#include <functional>
#include <optional>
#include <string>

#include "shell/manager/manager_shell.h"
#include "sim/bus.h"
#include "sim/dialer.h"
#include "sim/http.h"
#include "sim/loop.h"
#include "sim/power.h"
#include "sim/store.h"

namespace hearth::sim {

/// One process of the manager: the shell that ships, wired to simulated ports as src/app
/// wires it to real ones.
class ManagerProcess {
 public:
  /// Observers, and the world around the manager.
  struct Hooks {
    std::function<void(const core::ManagerBatch&)> on_batch;  ///< Decided, not yet stored.
    std::function<void(const Assignment&)> on_assignment;     ///< About to be published.
    std::function<void(const ClusterEvent&)> on_event;        ///< About to be published.
    SimPower::Switch on_power_order;  ///< A switch is about to be requested.
    SimPower::Switch switch_power;
    SimDialer::Answer dial;
    SimHttp::Server agents;
    Task on_effect;                       ///< The world was affected.
    std::function<void(Error)> on_fatal;  ///< It gives up.
  };
  struct Parts {
    SimHost& host;
    SimDisk& disk;
    SimStore& store;
    SimBroker& broker;
    const PowerFaults& power_faults;
  };
  struct Config {
    core::ManagerSettings settings;
    std::string topic_prefix;
    std::size_t inbox_max = 0;
  };

  ManagerProcess(const Parts& parts, const Config& config, const Hooks& hooks);
  ManagerProcess(const ManagerProcess&) = delete;
  ManagerProcess& operator=(const ManagerProcess&) = delete;

  void end() { loop_.end(); }
  bool runs() const { return loop_.runs(); }
  std::uint64_t turn() const { return loop_.turn(); }
  const ManagerShell& shell() const { return *shell_; }
  const SimBus& bus() const { return bus_; }
  /// As over HTTP: the command arrives in a separate turn of the loop.
  void ask(Command command, Completion<core::CommandResult> done);

 private:
  void on_publish(const BusRecord& record) const;
  void on_step(const core::ManagerBatch& batch, core::Manager& manager);

  Hooks hooks_;
  TopicNames topics_;
  SimLoop loop_;
  SimBus bus_;
  SimDialer dialer_;
  SimHttp http_;
  SimPower power_;
  std::optional<ManagerShell> shell_;  ///< Last: it uses all of them.
};

}  // namespace hearth::sim
