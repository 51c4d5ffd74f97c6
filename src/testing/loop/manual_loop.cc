#include "testing/loop/manual_loop.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "base/check.h"

namespace hearth {
namespace {

/// The civil time at which every test starts.
constexpr WallTime kWallStart{std::chrono::seconds(1'772'355'600)};
constexpr MonoTime kMonoStart{std::chrono::hours(1)};
/// More turns than this at one instant are an endless loop.
constexpr int kTurnsMax = 1'000'000;

}  // namespace

class ManualLoop::ManualTimer final : public Timer {
 public:
  ManualTimer(ManualLoop& loop, std::function<void()> on_fire)
      : loop_(loop), on_fire_(std::make_shared<std::function<void()>>(std::move(on_fire))) {}
  ~ManualTimer() override { forget(); }
  ManualTimer(const ManualTimer&) = delete;
  ManualTimer& operator=(const ManualTimer&) = delete;

  void arm(Duration delay) override {
    HEARTH_CHECK(!loop_.in_job_);
    forget();
    const Duration until_the_end = MonoTime::max() - loop_.now_;
    armed_ =
        Armed{loop_.now_ + std::clamp(delay, Duration::zero(), until_the_end), ++loop_.armings_};
    loop_.timers_.emplace(*armed_, on_fire_);
  }
  void cancel() override { forget(); }

 private:
  void forget() {
    if (armed_) loop_.timers_.erase(*std::exchange(armed_, std::nullopt));
  }

  ManualLoop& loop_;
  std::shared_ptr<std::function<void()>>
      on_fire_;  // Shared with a call in progress, which can destroy this timer.
  std::optional<Armed> armed_;
};

class ManualLoop::ManualWorker final : public Worker {
 public:
  explicit ManualWorker(ManualLoop& loop) : loop_(loop) { loop_.workers_.push_back(this); }
  ~ManualWorker() override {
    *owned_ = false;
    std::erase(loop_.workers_, this);
  }
  ManualWorker(const ManualWorker&) = delete;
  ManualWorker& operator=(const ManualWorker&) = delete;

  void run(std::function<OnLoop()> job) override {
    HEARTH_CHECK(!loop_.in_job_);
    jobs_.push_back(std::move(job));
  }

  std::size_t waiting() const { return jobs_.size(); }
  void run_next() {
    const std::function<OnLoop()> job = std::move(jobs_.front());
    jobs_.pop_front();
    loop_.in_job_ = true;
    OnLoop then = job();
    loop_.in_job_ = false;
    if (!then) return;
    loop_.post([owned = owned_, then = std::move(then)] {
      if (*owned) then();
    });
  }

 private:
  ManualLoop& loop_;
  std::deque<std::function<OnLoop()>> jobs_;
  std::shared_ptr<bool> owned_ =
      std::make_shared<bool>(true);  // Read by completions that run after its end.
};

ManualLoop::ManualLoop() : now_(kMonoStart) {}

ManualLoop::~ManualLoop() {
  HEARTH_CHECK(workers_.empty());  // A loop outlives its workers.
}

void ManualLoop::post(std::function<void()> task) {
  HEARTH_CHECK(!in_job_);
  tasks_.push_back(std::move(task));
}

std::unique_ptr<Timer> ManualLoop::make_timer(std::function<void()> on_fire) {
  return std::make_unique<ManualTimer>(*this, std::move(on_fire));
}

std::unique_ptr<Worker> ManualLoop::make_worker() {
  return std::make_unique<ManualWorker>(*this);
}

Instant ManualLoop::now() const {
  const Duration passed = now_ - kMonoStart;
  return {now_, kWallStart + std::chrono::duration_cast<WallTime::duration>(passed)};
}

void ManualLoop::run_ready() {
  for (int turn = 0; run_one(); ++turn) HEARTH_CHECK(turn < kTurnsMax);
}

bool ManualLoop::run_one() {
  if (tasks_.empty()) return run_due_timer() || run_job();
  const std::function<void()> task = std::move(tasks_.front());
  tasks_.pop_front();
  task();
  return true;
}

bool ManualLoop::run_due_timer() {
  if (timers_.empty() || timers_.begin()->first.due > now_) return false;
  const std::shared_ptr<std::function<void()>> on_fire = timers_.begin()->second;
  timers_.erase(timers_.begin());
  (*on_fire)();
  return true;
}

bool ManualLoop::run_job() {
  if (workers_held_) return false;
  const auto busy =
      std::ranges::find_if(workers_, [](const ManualWorker* one) { return one->waiting() > 0; });
  if (busy == workers_.end()) return false;
  (*busy)->run_next();
  return true;
}

void ManualLoop::advance(Duration duration) {
  const MonoTime end = now_ + duration;
  advance_until([] { return false; }, duration);
  HEARTH_CHECK(now_ == end);
}

bool ManualLoop::advance_until(const std::function<bool()>& seen, Duration at_most) {
  const MonoTime end = now_ + at_most;
  for (;;) {
    run_ready();
    if (seen()) return true;
    if (now_ == end) return false;
    now_ = timers_.empty() ? end : std::min(end, timers_.begin()->first.due);
  }
}

void ManualLoop::stall(Duration duration) {
  now_ += duration;
}

void ManualLoop::hold_workers() {
  workers_held_ = true;
}

void ManualLoop::release_workers() {
  workers_held_ = false;
}

std::size_t ManualLoop::jobs_waiting() const {
  std::size_t waiting = 0;
  for (const ManualWorker* worker : workers_) waiting += worker->waiting();
  return waiting;
}

}  // namespace hearth
