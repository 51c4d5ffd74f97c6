#pragma once

#include <cstdint>
#include <memory>

#include "ports/clock.h"
#include "ports/loop.h"
#include "sim/disk.h"
#include "sim/host.h"

namespace hearth::sim {

/// The Loop of one simulated process, and its Clock. Time is the world's: no task takes
/// any, a worker's job takes what its disk needs, and while the host is frozen nothing runs, so
/// that timers are late then.
///
/// The order is always the same: by instant, and at the same instant as asked for.
///
/// A process may die amid a task, called by a shell that is amid a step. It cannot be destroyed
/// then; so it becomes deaf and mute by end(): nothing that it was given runs any more, and every
/// simulated port asks runs() before it lets the process do anything to the world. Whoever owns the
/// process destroys it in a task of the world's own.
class SimLoop final : public Loop, public Clock {
 public:
  /// `disk`: of its workers. Both outlive the loop; timers and workers do not.
  SimLoop(SimHost& host, SimDisk& disk);
  ~SimLoop() override { end(); }
  SimLoop(const SimLoop&) = delete;
  SimLoop& operator=(const SimLoop&) = delete;

  void post(std::function<void()> task) override { after(Duration(0), std::move(task)); }
  std::unique_ptr<Timer> make_timer(std::function<void()> on_fire) override;
  std::unique_ptr<Worker> make_worker() override;
  Instant now() const override { return host_.instant(); }

  /// Something reaches the process after `delay`, if it still runs by then.
  void after(Duration delay, Task task);
  /// The process is no more.
  void end() { *runs_ = false; }
  bool runs() const { return *runs_; }
  /// The same, for what may be asked when the loop is gone.
  std::shared_ptr<const bool> alive() const { return runs_; }
  /// Counts the tasks that ran.
  std::uint64_t turn() const { return *turn_; }
  World& world() { return host_.world(); }

 private:
  class SimTimer;
  class SimWorker;

  SimHost& host_;
  SimDisk& disk_;
  std::shared_ptr<bool> runs_ = std::make_shared<bool>(true);
  std::shared_ptr<std::uint64_t> turn_ = std::make_shared<std::uint64_t>(0);
};

}  // namespace hearth::sim
