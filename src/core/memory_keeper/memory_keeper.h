#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// What would be lost if the agent ended now.
enum class Unsaved : std::uint8_t {
  kNothing,
  kProgress,  ///< Lines that were read, checks that succeeded: they are found out again.
  kDecision,  ///< Something is to be done once it is stored, or must not be done twice.
};

/// When what an agent knows of its instances is stored.
///
/// A decision is stored at once, progress at most every kProgressPeriod: each storing costs a small
/// disk a flush. One is in progress at a time, and covers all that was known when it began. One
/// that failed is repeated.
///
/// It does not hold what is stored, and holds nothing back: whoever decided waits for the storing,
/// for kDecisionWait at most, because a disk that refuses must not keep a service down.
/// Sans-io, not thread-safe.
class MemoryKeeper {
 public:
  static constexpr Duration kProgressPeriod = std::chrono::seconds(5);
  /// After storing failed.
  static constexpr Duration kRetry = std::chrono::seconds(1);

  struct State {
    std::uint64_t begun = 0;               ///< Storings: the number of the latest.
    std::optional<MonoTime> saving_since;  ///< One is in progress.
    MonoTime next_progress{};
    std::optional<MonoTime> next_retry;   ///< The last one failed.
    std::string failure;                  ///< Why the last one failed.
    bool is_late = false;                 ///< The one in progress takes too long.
    Unsaved unsaved = Unsaved::kNothing;  ///< As of the last tend().
    bool operator==(const State&) const = default;
  };

  MemoryKeeper() = default;
  explicit MemoryKeeper(State state) : state_(std::move(state)) {}
  State save() const { return state_; }

  /// Lets time pass; call it after every event. Returns the number of the storing to begin now, of
  /// everything that is known.
  std::optional<std::uint64_t> tend(Unsaved unsaved, MonoTime now);
  /// The outcome of storing `number`. Returns whether what was known when it began is stored.
  [[nodiscard]] bool on_saved(std::uint64_t number, const Result<void>& outcome, MonoTime now);

  /// Why nothing can be stored, in words; empty if it can.
  std::string problem() const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: nobody is judged by the time that a disk takes.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  State state_;
};

/// How long what was decided waits to be stored, before it is done all the same.
inline constexpr Duration kDecisionWait = std::chrono::seconds(2);

/// What was stored, with instants of the clock of `boot_id`, where it is `now`: those of another
/// boot are shifted to before this one began.
WatchMemory carried_over(WatchMemory stored, const std::string& boot_id, MonoTime now);

}  // namespace hearth::core
