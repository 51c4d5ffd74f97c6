#pragma once

#include <chrono>
#include <cstdint>

#include "base/time.h"

namespace hearth::core {

/// How many incidents of one node become events.
///
/// A node, or a thief of its key, can report incidents as fast as it can send; each would be stored
/// and published. So a node has kBurstMax of them at once, and one more every kRefill. The others
/// are counted, and reported with their number once a flood is over: nothing was left out for
/// kCalm. Sans-io, not thread-safe.
class IncidentAllowance {
 public:
  static constexpr std::uint32_t kBurstMax = 100;
  static constexpr Duration kRefill = std::chrono::seconds(5);
  static constexpr Duration kCalm = std::chrono::minutes(1);

  struct State {
    MonoTime full_at{};  ///< When the whole burst is available again, if none is taken until then.
    std::uint64_t left_out = 0;  ///< In this flood.
    MonoTime left_out_at{};      ///< The latest of them.
    bool operator==(const State&) const = default;
  };

  IncidentAllowance() = default;
  explicit IncidentAllowance(const State& state) : state_(state) {}
  const State& save() const { return state_; }

  /// Whether one more becomes an event. One that does not is counted.
  [[nodiscard]] bool take(MonoTime now);
  /// In the present flood.
  std::uint64_t left_out() const { return state_.left_out; }
  /// The number of those that were left out in a flood that is over, once; 0: there is none.
  [[nodiscard]] std::uint64_t take_left_out(MonoTime now);

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
