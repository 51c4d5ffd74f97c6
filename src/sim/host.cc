#include "sim/host.h"

#include <utility>

namespace hearth::sim {

void SimHost::boot(Duration uptime) {
  up_ = true;
  booted_at_ = world_.now() - uptime;
}

void SimHost::die() {
  up_ = false;
  frozen_ = false;
  ++boot_;
  held_.clear();
}

void SimHost::thaw() {
  frozen_ = false;
  for (Task& task : std::exchange(held_, {})) after(Duration(0), std::move(task));
}

void SimHost::after(Duration delay, Task task) {
  world_.after(delay, [this, boot = boot_, task = std::move(task)] { run(boot, task); });
}

void SimHost::run(std::uint64_t boot, Task task) {
  if (boot != boot_ || !up_) return;
  if (frozen_) return held_.push_back(std::move(task));
  task();
}

}  // namespace hearth::sim
