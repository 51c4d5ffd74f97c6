#pragma once

#include <vector>

#include "sim/host.h"

namespace hearth::sim {

/// The disk beneath a process, as its workers meet it: what they do takes time there, and no time
/// at all for the loop.
///
/// A job's effect comes at one instant in the midst of its time: who dies before has not done it,
/// who dies after has, and does not know. While the disk hangs no job takes effect and none comes
/// back, but those that had taken effect have.
class SimDisk {
 public:
  /// Of a job, from the call to the answer.
  struct Pace {
    Duration low;
    Duration high;
  };
  SimDisk(World& world, const Pace& pace) : world_(world), pace_(pace) {}

  /// Nothing can be written.
  bool is_full() const { return full_; }
  void set_full(bool full) { full_ = full; }
  /// Everything takes up to kBusyMax.
  void set_busy(bool busy) { busy_ = busy; }
  void hang() { hangs_ = true; }
  void go_on();
  bool hangs() const { return hangs_; }

  /// From the call to its effect, or from that to the answer.
  Duration draw_half();
  /// Runs `task` now, or once the disk does not hang any more.
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
