#pragma once

#include <vector>

#include "sim/host.h"

namespace hearth::sim {

/// The disk of a process, as its workers use it: their work takes time there, and none on the loop.
///
/// A job takes effect at one instant within its duration: a process that dies before has not done
/// it, one that dies after has, without knowing. While the disk hangs no job takes effect and none
/// returns, but effects from before remain.
class SimDisk {
 public:
  /// Of a job, from the call to the return.
  struct Pace {
    Duration low;
    Duration high;
  };
  SimDisk(World& world, const Pace& pace) : world_(world), pace_(pace) {}

  /// Writes fail.
  bool is_full() const { return full_; }
  void set_full(bool full) { full_ = full; }
  /// Every job takes up to kBusyMax.
  void set_busy(bool busy) { busy_ = busy; }
  void hang() { hangs_ = true; }
  void go_on();
  bool hangs() const { return hangs_; }

  /// The time from the call to the effect, or from there to the return.
  Duration draw_half();
  /// Runs `task` at once, or when the disk stops hanging.
  void pass(const Task& task);

 private:
  static constexpr Duration kBusyMax = std::chrono::seconds(5);

  World& world_;
  Pace pace_;
  bool full_ = false;
  bool busy_ = false;
  bool hangs_ = false;
  std::vector<Task> held_;
};

}  // namespace hearth::sim
