#pragma once

#include <cstdint>
#include <vector>

#include "sim/world.h"

namespace hearth::sim {

/// A machine's power and processor: tasks on it run only in the boot in which they were scheduled,
/// and not while it is frozen.
class SimHost {
 public:
  SimHost(World& world, const WallError& wall_error) : world_(world), wall_error_(wall_error) {}

  World& world() { return world_; }
  bool is_up() const { return up_; }
  bool is_frozen() const { return frozen_; }
  /// Its clocks: the monotonic one starts with the boot, the other can be wrong.
  Instant instant() const { return {MonoTime(world_.now() - booted_at_), wall()}; }
  WallTime wall() const { return world_.wall() + wall_error_.at(world_.now()); }

  /// `uptime`: how long it has been up already.
  void boot(Duration uptime = {});
  void die();
  void freeze() { frozen_ = up_; }
  void thaw();

  /// Runs `task` on this machine: not at all if it dies before, later if it is frozen.
  void after(Duration delay, Task task);

 private:
  void run(std::uint64_t boot, Task task);

  World& world_;
  WallError wall_error_;
  bool up_ = false;
  bool frozen_ = false;
  std::uint64_t boot_ = 0;
  MonoTime booted_at_{};
  std::vector<Task> held_;  ///< Due while frozen.
};

}  // namespace hearth::sim
