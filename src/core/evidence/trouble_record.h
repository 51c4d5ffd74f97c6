#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"

namespace hearth::core {

/// For how long a node has been in trouble, and whether it is given up for it.
///
/// A problem that passes, as a runtime that restarts, is waited for; so is a bus that does not
/// bring a node what it is assigned. Judged when the node says something and by what it says
/// itself: one that is not received may long be well, so this has no deadline. TimedPart. Sans-io,
/// not thread-safe.
class TroubleRecord {
 public:
  struct State {
    std::optional<MonoTime> give_up_at;  ///< In trouble: when it is given up.
    bool given_up = false;
    bool operator==(const State&) const = default;
  };

  /// `grace`: for how long a node may be in trouble.
  explicit TroubleRecord(Duration grace) : grace_(grace) {}
  TroubleRecord(Duration grace, const State& state) : grace_(grace), state_(state) {}
  const State& save() const { return state_; }

  bool is_given_up() const { return state_.given_up; }

  void on_well() { state_ = {}; }
  enum class Bus : std::uint8_t { kCarries, kDoesNot };
  /// True if the node is given up from now on. While the bus does not carry nobody is.
  [[nodiscard]] bool on_trouble(Bus bus, MonoTime now);

  std::optional<MonoTime> next_deadline() const { return std::nullopt; }
  /// For `lateness` it could not say that it is well.
  void on_stall(Duration lateness, MonoTime now);
  /// Nor could it until now: the grace begins anew.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  Duration grace_;
  State state_;
};

}  // namespace hearth::core
