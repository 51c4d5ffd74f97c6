#include "sim/loop.h"

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

#include "base/check.h"

namespace hearth::sim {

/// One wake-up in the world serves all timers armed for later instants than its own: shells rearm
/// at every step, mostly for the same deadline.
class SimLoop::SimTimer final : public Timer {
 public:
  SimTimer(SimLoop& loop, std::function<void()> on_fire)
      : state_(std::make_shared<State>(loop, std::move(on_fire))) {}
  ~SimTimer() override {
    cancel();
    state_->on_fire.reset();
  }
  SimTimer(const SimTimer&) = delete;
  SimTimer& operator=(const SimTimer&) = delete;

  void arm(Duration delay) override {
    const MonoTime now = state_->loop.world().now();
    state_->due = now + std::clamp(delay, Duration::zero(), MonoTime::max() - now);
    State::wake(state_);
  }
  void cancel() override { state_->due.reset(); }

 private:
  /// Shared with pending wake-ups. Their loop exists when they run: it lets nothing run that
  /// outlives it.
  struct State {
    State(SimLoop& the_loop, std::function<void()> fire)
        : loop(the_loop), on_fire(std::make_shared<std::function<void()>>(std::move(fire))) {}

    static void wake(const std::shared_ptr<State>& state) {
      if (state->next_wake && *state->next_wake <= *state->due) return;
      const MonoTime at = *state->due;
      // It would never be reached.
      if (at == MonoTime::max()) return;
      state->next_wake = at;
      state->loop.after(at - state->loop.world().now(), [state, at] { on_wake(state, at); });
    }
    static void on_wake(const std::shared_ptr<State>& state, MonoTime at) {
      if (state->next_wake != at) return;
      state->next_wake.reset();
      if (!state->due) return;
      if (*state->due > state->loop.world().now()) return wake(state);
      state->due.reset();
      const std::shared_ptr<std::function<void()>> fire = state->on_fire;
      (*fire)();
    }

    SimLoop& loop;
    std::shared_ptr<std::function<void()>> on_fire;  // Shared with a call that can destroy this.
    std::optional<MonoTime> due;
    std::optional<MonoTime> next_wake;
  };
  std::shared_ptr<State> state_;
};

class SimLoop::SimWorker final : public Worker {
 public:
  explicit SimWorker(SimLoop& loop) : state_(std::make_shared<State>(loop)) {}
  ~SimWorker() override { state_->is_owned = false; }
  SimWorker(const SimWorker&) = delete;
  SimWorker& operator=(const SimWorker&) = delete;

  void run(std::function<OnLoop()> job) override {
    state_->jobs.push_back(std::move(job));
    if (state_->jobs.size() == 1) State::begin(state_);
  }

 private:
  struct State {
    explicit State(SimLoop& the_loop) : loop(the_loop) {}

    static void begin(const std::shared_ptr<State>& state) {
      later(state, [state] { take_effect(state); });
    }
    /// Waits for half of a job's time, and longer if the disk hangs then.
    static void later(const std::shared_ptr<State>& state, const Task& task) {
      SimDisk& disk = state->loop.disk_;
      const auto step = [state, runs = state->loop.alive(), task] {
        if (*runs && state->is_owned) task();
      };
      state->loop.after(disk.draw_half(), [&disk, step] { disk.pass(step); });
    }
    static void take_effect(const std::shared_ptr<State>& state) {
      const OnLoop then = state->jobs.front()();
      later(state, [state, then] {
        state->jobs.pop_front();
        if (!state->jobs.empty()) begin(state);
        if (then)
          state->loop.post([state, then] {
            if (state->is_owned) then();
          });
      });
    }

    SimLoop& loop;
    std::deque<std::function<OnLoop()>> jobs;  ///< The first is in progress.
    bool is_owned = true;
  };
  std::shared_ptr<State> state_;
};

SimLoop::SimLoop(SimHost& host, SimDisk& disk) : host_(host), disk_(disk) {}

std::unique_ptr<Timer> SimLoop::make_timer(std::function<void()> on_fire) {
  return std::make_unique<SimTimer>(*this, std::move(on_fire));
}

std::unique_ptr<Worker> SimLoop::make_worker() {
  return std::make_unique<SimWorker>(*this);
}

void SimLoop::after(Duration delay, Task task) {
  if (!runs()) return;
  host_.after(delay, [runs = runs_, turn = turn_, task = std::move(task)] {
    if (!*runs) return;
    ++*turn;
    task();
  });
}

}  // namespace hearth::sim
