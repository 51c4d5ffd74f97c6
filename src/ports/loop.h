#pragma once

#include <functional>
#include <memory>

#include "base/time.h"

namespace hearth {

/// One instant that a loop keeps for its owner. Armed again, it forgets the former instant.
///
/// Cancelled or destroyed, it does not fire any more, even if its instant has passed. Its callback
/// may arm, cancel and destroy it.
class Timer {
 public:
  virtual ~Timer() = default;

  /// Fires once, `delay` from now and never within this call; at the loop's next turn if `delay` is
  /// not positive. It may fire late; by the Clock also a moment early, so who waits for an instant
  /// asks the Clock and arms again.
  virtual void arm(Duration delay) = 0;
  virtual void cancel() = 0;
};

/// A place beside the loop for what blocks: a store, a disk. Each has its own: what one is given
/// does not wait for what another is given.
///
/// Jobs run one after the other, in the order in which they were given. So do their completions,
/// each of which runs on the loop, after its job and never within run(). A worker has no bound of
/// its own: its owner bounds how many jobs it has under way.
///
/// Destroyed, it waits for the job under way, which may hang as long as what it uses does; jobs
/// that have not begun are dropped, and so are all completions that have not run. A job may
/// therefore use whatever outlives the worker, and a completion whatever its owner has.
class Worker {
 public:
  /// What is to be done on the loop once a job has run; empty: nothing.
  using OnLoop = std::function<void()>;

  virtual ~Worker() = default;

  /// `job` runs off the loop, at the same time as the loop: it shares nothing with it that either
  /// of them changes.
  virtual void run(std::function<OnLoop()> job) = 0;
};

/// Where a shell runs: calls tasks one after the other, on one thread, and so is all the locking
/// that a shell needs. Real (adapters/loop) or simulated.
///
/// All calls are made on the loop's own thread, except what a Worker's job does. No task runs
/// within the call that asked for it. Tasks run in the order in which they were posted; between
/// tasks, timers and completions of workers, and between timers of the same instant, no order is
/// promised, although a simulated loop has one that is always the same.
///
/// A loop promises no bound: each part of a shell bounds what it has under way and says what
/// happens at the bound.
///
/// It outlives the timers and workers that it made. Tasks that have not run when it ends, or when
/// it is stopped, never run: a task must not be the only thing that remembers what has to be done.
/// A task has no owner who could take it back, so it uses only what lives as long as the loop runs;
/// an owner that may go earlier has a timer or a worker, which it takes with it.
class Loop {
 public:
  virtual ~Loop() = default;

  virtual void post(std::function<void()> task) = 0;
  virtual std::unique_ptr<Timer> make_timer(std::function<void()> on_fire) = 0;
  virtual std::unique_ptr<Worker> make_worker() = 0;
};

}  // namespace hearth
