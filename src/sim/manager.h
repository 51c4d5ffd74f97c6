#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/crash_plan.h"
#include "sim/manager_process.h"

namespace hearth::sim {

/// The manager: its own machine with a disk and a store, and a process with a supervisor that
/// restarts it.
class SimManager {
 public:
  struct Parts {
    World& world;
    SimBroker& broker;
    const PowerFaults& power_faults;
    WallError wall_error;
  };
  struct Hooks {
    ManagerProcess::Hooks process;
    std::function<void()> on_start;  ///< Before each process starts.
    std::function<void()> on_crash;
  };
  SimManager(Parts parts, ManagerProcess::Config config, Hooks hooks);

  void start();
  /// Ends at once, and is restarted after `down_for`. What its disk was doing is done, or not.
  void crash_for(Duration down_for);
  /// The same, and its disk lost the last commits that it had reported as stored.
  void crash_and_lose_commits(std::size_t commits, Duration down_for);
  void freeze();
  void thaw();
  void set_store_fails(bool fails) { store_.set_fails(fails); }
  void hang_store() { disk_.hang(); }
  void let_store_go_on() { disk_.go_on(); }
  /// Whether its store neither fails nor hangs.
  bool store_works() const { return !store_.fails() && !disk_.hangs(); }

  void set_crash_plan(const CrashPlan& plan) { crash_watch_.set_plan(plan); }
  const CrashWatch& crash_watch() const { return crash_watch_; }

  bool is_alive() const { return process_ != nullptr; }
  /// Alive and able to answer: agents get content from it.
  bool answers() const { return is_alive() && !host_.is_frozen(); }
  /// It answers and decides: its store accepts writes, including those that it had refused before.
  bool works() const { return answers() && store_works() && !process_->shell().store_fault(); }
  /// Precondition: is_alive().
  const ManagerProcess& process() const { return *process_; }
  const core::Manager& core() const { return process_->shell().manager(); }
  const StoredState& stored() const { return store_.state(); }
  /// Sends a command; it is lost if the manager is down, and so can the answer be.
  void ask(const Command& command, Completion<core::CommandResult> done);

 private:
  void end();
  void die_of_plan();
  SimStore::Hooks store_hooks();
  ManagerProcess::Hooks watched(ManagerProcess::Hooks hooks);

  World& world_;
  SimBroker& broker_;
  const PowerFaults& power_faults_;
  ManagerProcess::Config config_;
  Hooks hooks_;
  CrashWatch crash_watch_;
  SimHost host_;
  SimDisk disk_;
  SimStore store_;
  std::unique_ptr<ManagerProcess> process_;
  std::vector<std::unique_ptr<ManagerProcess>> ended_;  ///< Possibly within a task, until the next.
};

}  // namespace hearth::sim
