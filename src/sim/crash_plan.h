#pragma once

#include <cstdint>
#include <optional>
#include <vector>

namespace hearth::sim {

/// The point in its work on one batch at which a manager dies.
enum class CrashPoint : std::uint8_t {
  kBeforeCommit,  ///< Decided, nothing stored.
  kBeforeActing,  ///< Stored, but not yet known to be.
  kAmidActing,    ///< Stored, with `effects_done` effects executed.
};

/// Dies at the `boundary`th commit, counted over all its processes.
struct CrashPlan {
  std::uint64_t boundary = 0;
  CrashPoint point{};
  std::size_t effects_done = 0;  ///< kAmidActing; at least 1, at most all.
};

/// Every point of every commit. `boundaries`: the number of effects in the turn of each commit.
std::vector<CrashPlan> crash_plans(const std::vector<std::size_t>& boundaries);

/// Counts a manager's commits, and the effects in the turn in which it learned of each, and decides
/// when it is to die.
class CrashWatch {
 public:
  void set_plan(const CrashPlan& plan) { plan_ = plan; }
  /// It was set, and has been executed.
  bool is_done() const { return !plan_; }
  const std::vector<std::size_t>& boundaries() const { return boundaries_; }

  // Each returns true if the manager dies from it.
  bool on_commit();
  bool on_committed();
  /// The manager affected the world in this turn of its loop.
  bool on_effect(std::uint64_t turn);

 private:
  bool dies_at(CrashPoint point);

  std::vector<std::size_t> boundaries_;
  std::optional<CrashPlan> plan_;
  bool committed_ = false;                    ///< With no effect since.
  std::optional<std::uint64_t> acting_turn_;  ///< In which the last commit's actions are executed.
};

}  // namespace hearth::sim
