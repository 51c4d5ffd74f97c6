#pragma once

#include <cstdint>
#include <vector>

#include "sim/world.h"

namespace hearth::sim {

/// A machine's power and processor: what runs on it does so only in this life of the machine, and
/// not while it is frozen.
class SimHost {
 public:
  explicit SimHost(World& world) : world_(world) {}

  World& world() { return world_; }
  bool is_up() const { return up_; }
  bool is_frozen() const { return frozen_; }
  /// When this life began; a machine's monotonic clock starts there.
  MonoTime booted_at() const { return booted_at_; }

  void boot();
  void die();
  void freeze() { frozen_ = up_; }
  void thaw();

  /// Runs `task` on this machine: not at all if it dies before, later if it is frozen.
  void after(Duration delay, Task task);

 private:
  void run(std::uint64_t life, Task task);

  World& world_;
  bool up_ = false;
  bool frozen_ = false;
  std::uint64_t life_ = 0;
  MonoTime booted_at_{};
  std::vector<Task> held_;  ///< Due while frozen.
};

}  // namespace hearth::sim
