#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "ports/clock.h"
#include "ports/loop.h"

namespace hearth {

/// A Loop and its Clock, whose time passes when the test says so. Everything runs within the calls
/// below, on one thread, and always in the same order:
///
/// tasks first, then timers whose instant has come (by instant, then as they were armed), then jobs
/// of workers (by worker as they were created, then as they were given). A job takes no time and
/// runs between two tasks; it must not touch the loop, which is checked.
class ManualLoop final : public Loop, public Clock {
 public:
  ManualLoop();
  ~ManualLoop() override;

  void post(std::function<void()> task) override;
  std::unique_ptr<Timer> make_timer(std::function<void()> on_fire) override;
  std::unique_ptr<Worker> make_worker() override;
  Instant now() const override;

  /// Runs everything that is ready and all that follows. Time stands still.
  void run_ready();
  /// Lets time pass. Each timer fires at its instant, with all that follows.
  void advance(Duration duration);
  /// Lets time pass from one timer to the next until `seen`, for at most `at_most`. False if it
  /// never held.
  bool advance_until(const std::function<bool()>& seen,
                     Duration at_most = std::chrono::minutes(10));
  /// Time in which the process does not run: nothing happens, and timers are then late.
  void stall(Duration duration);

  /// From here on no worker starts a job: the resources they use hang.
  void hold_workers();
  void release_workers();
  /// Jobs given to workers and not started.
  std::size_t jobs_waiting() const;

 private:
  class ManualTimer;
  class ManualWorker;
  struct Armed {
    MonoTime due;
    std::uint64_t arming;
    auto operator<=>(const Armed&) const = default;
  };

  bool run_one();
  bool run_due_timer();
  bool run_job();

  MonoTime now_;
  std::deque<std::function<void()>> tasks_;
  std::map<Armed, std::shared_ptr<std::function<void()>>> timers_;
  std::vector<ManualWorker*> workers_;
  std::uint64_t armings_ = 0;
  bool workers_held_ = false;
  bool in_job_ = false;
};

}  // namespace hearth
