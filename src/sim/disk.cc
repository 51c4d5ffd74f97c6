#include "sim/disk.h"

#include <utility>

namespace hearth::sim {

Duration SimDisk::draw_half() {
  return world_.between(pace_.low, busy_ ? kBusyMax : pace_.high) / 2;
}

void SimDisk::pass(const Task& task) {
  if (hangs_) return held_.push_back(task);
  task();
}

void SimDisk::go_on() {
  hangs_ = false;
  for (Task& task : std::exchange(held_, {})) world_.after(Duration(0), std::move(task));
}

}  // namespace hearth::sim
