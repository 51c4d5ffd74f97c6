#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "sim/crash_plan.h"
#include "sim/manager_process.h"

namespace hearth::sim {

/// The manager: a machine of its own with a disk and a store, and a process that a supervisor
/// starts again.
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
    std::function<void()> on_start;  ///< Of each process, before it.
    std::function<void()> on_crash;
  };
  SimManager(Parts parts, ManagerProcess::Config config, Hooks hooks);

  void start();
  /// Ends at once, and is started again after `down_for`. What its disk was at is done, or not.
  void crash_for(Duration down_for);
  /// The same, and its disk lost the last of what it had said was stored.
  void crash_and_lose_commits(std::size_t commits, Duration down_for);
  void freeze();
  void thaw();
  void set_store_fails(bool fails) { store_.set_fails(fails); }
  void hang_store() { disk_.hang(); }
  void let_store_go_on() { disk_.go_on(); }
  /// Whether its store is as it should be.
  bool store_works() const { return !store_.fails() && !disk_.hangs(); }

  void set_crash_plan(const CrashPlan& plan) { crash_watch_.set_plan(plan); }
  const CrashWatch& crash_watch() const { return crash_watch_; }

  bool is_alive() const { return process_ != nullptr; }
  /// Alive and able to answer: agents get content from it.
  bool answers() const { return is_alive() && !host_.is_frozen(); }
  /// It answers and takes decisions: its store takes what it writes, and has taken what it had
  /// refused before.
  bool works() const { return answers() && store_works() && !process_->shell().store_fault(); }
  /// Precondition: is_alive().
  const ManagerProcess& process() const { return *process_; }
  const core::Manager& core() const { return process_->shell().manager(); }
  const StoredState& stored() const { return store_.state(); }
  /// Asks it; what is asked while nobody is there is lost, and so may the answer be.
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
  std::vector<std::unique_ptr<ManagerProcess>> ended_;  ///< Perhaps amid a task, until the next.
};

}  // namespace hearth::sim
