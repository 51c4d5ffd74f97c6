#pragma once

#include <cstdint>
#include <memory>

#include "ports/clock.h"
#include "ports/loop.h"
#include "sim/disk.h"
#include "sim/host.h"

namespace hearth::sim {

/// The Loop of one simulated process, and its Clock. Time is the world's: tasks take none, a
/// worker's job takes what its disk needs, and while the host is frozen nothing runs, so that
/// timers are then late.
///
/// The order is always the same: by instant, and at the same instant in the order of the requests.
///
/// A process can die within a task, in a call from a shell in the middle of a step. It cannot be
/// destroyed then; so end() isolates it: nothing that it was given runs any more, and every
/// simulated port checks runs() before it lets the process affect the world. The owner of the
/// process destroys it in a separate task of the world.
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

  /// Runs `task` after `delay`, if the process still runs by then.
  void after(Duration delay, Task task);
  /// Ends the process.
  void end() { *runs_ = false; }
  bool runs() const { return *runs_; }
  /// The same as runs(), for callers that can outlive the loop.
  std::shared_ptr<const bool> alive() const { return runs_; }
  /// The number of tasks that ran.
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
