#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace hearth::sim {

/// Where in its work on one batch a manager dies.
enum class CrashPoint : std::uint8_t {
  kBeforeCommit,  ///< Decided, nothing remembered.
  kBeforeActing,  ///< Remembered, and not yet known to be.
  kAmidActing,    ///< Remembered, and so many things done.
};

/// Dies at the `boundary`th commit, counted over all its processes.
struct CrashPlan {
  std::uint64_t boundary = 0;
  CrashPoint point{};
  std::size_t effects_done = 0;  ///< kAmidActing; at least 1, at most all.
};

/// Every point of every commit. `boundaries`: what was done in the turn of each.
std::vector<CrashPlan> crash_plans(const std::vector<std::size_t>& boundaries);

/// Counts the commits of a manager, and what it did in the turn in which it learned of each; says
/// when it is to die.
class CrashWatch {
 public:
  void set_plan(const CrashPlan& plan) { plan_ = plan; }
  /// It was set, and has come to pass.
  bool is_done() const { return !plan_; }
  const std::vector<std::size_t>& boundaries() const { return boundaries_; }

  // Each true if the manager dies of it.
  bool on_commit();
  bool on_committed();
  /// Something was done to the world in this turn of the manager's loop.
  bool on_effect(std::uint64_t turn);

 private:
  bool dies_at(CrashPoint point);

  std::vector<std::size_t> boundaries_;
  std::optional<CrashPlan> plan_;
  bool committed_ = false;                    ///< And nothing done since.
  std::optional<std::uint64_t> acting_turn_;  ///< In which the last commit's actions are done.
};

}  // namespace hearth::sim
