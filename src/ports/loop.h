#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace hearth {

/// A single-shot timer of a loop. Arming it again replaces the previous instant.
///
/// Once cancelled or destroyed it does not fire, even if its instant has passed. Its callback can
/// arm, cancel and destroy it.
class Timer {
 public:
  virtual ~Timer() = default;

  /// Fires once, `delay` from the call and never within it; on the loop's next turn if `delay` is
  /// not positive. It can fire late, and by the Clock also a moment early: a caller that waits for
  /// an instant asks the Clock and arms again.
  virtual void arm(Duration delay) = 0;
  virtual void cancel() = 0;
};

/// Runs blocking work off the loop: a store, a disk. Workers are independent: the jobs of one do
/// not wait for those of another.
///
/// Jobs run one after the other, in the order in which they were given. So do their completions,
/// each of which runs on the loop, after its job and never within run(). A worker has no bound of
/// its own: its owner bounds the number of jobs in progress.
///
/// Its destructor waits for the job in progress, which can take as long as what the job uses does;
/// jobs that have not begun are dropped, and so are all completions that have not run. A job can
/// therefore use whatever outlives the worker, and a completion whatever its owner has.
class Worker {
 public:
  /// What to run on the loop after a job; empty: nothing.
  using OnLoop = std::function<void()>;

  virtual ~Worker() = default;

  /// `job` runs off the loop, concurrently with it: they must not share anything that either of
  /// them changes.
  virtual void run(std::function<OnLoop()> job) = 0;
};

/// Where a shell runs: it calls tasks one after the other, on one thread, which is all the locking
/// that a shell needs. Real (adapters/loop) or simulated.
///
/// All calls are made on the loop's own thread, except from a Worker's job. No task runs within the
/// call that posted it. Tasks run in the order in which they were posted; between tasks, timers and
/// completions of workers, and between timers of the same instant, no order is promised, although
/// that of a simulated loop is always the same.
///
/// A loop promises no bound: each part of a shell bounds its own work in progress and says what
/// happens at the bound.
///
/// It outlives its timers and workers. Tasks that have not run when it ends or is stopped never
/// run: a task must not be the only record of work to be done. A task cannot be taken back, so it
/// uses only what lives as long as the loop runs; an owner that can be destroyed earlier uses a
/// timer or a worker, destroyed with it.
class Loop {
 public:
  virtual ~Loop() = default;

  virtual void post(std::function<void()> task) = 0;
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_fire) = 0;
  virtual std::unique_ptr<Worker> make_worker() = 0;
};

}  // namespace hearth
