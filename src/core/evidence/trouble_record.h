#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "core/timed/stall_margin.h"

namespace hearth::core {

/// For how long a node has been in trouble, and whether it is given up because of it.
///
/// Problems that pass, like a restarting runtime or a bus that does not deliver a node's
/// assignment, are waited for. Judged only when a message of the node arrives, and by what it
/// reports: a node that is not received may have recovered long ago, so there is no deadline.
/// TimedPart. Sans-io, not thread-safe.
class TroubleRecord {
 public:
  struct State {
    std::optional<MonoTime> give_up_at;  ///< When the node is given up; nullopt: not in trouble.
    bool given_up = false;
    StallMargin margin;  ///< Of this trouble.
    bool operator==(const State&) const = default;
  };

  /// `grace`: how long a node may be in trouble before it is given up.
  explicit TroubleRecord(Duration grace) : grace_(grace) {}
  TroubleRecord(Duration grace, const State& state) : grace_(grace), state_(state) {}
  const State& save() const { return state_; }

  bool is_given_up() const { return state_.given_up; }

  void on_well() { state_ = {}; }
  enum class Bus : std::uint8_t { kCarries, kDoesNot };
  /// Returns true if this gives the node up. No node is given up while the bus does not carry.
  [[nodiscard]] bool on_trouble(Bus bus, MonoTime now);

  std::optional<MonoTime> next_deadline() const { return std::nullopt; }
  /// Extends the grace: for `lateness` the node could not report that it is well. Its first report
  /// after the stall may be an old one, so what waits behind it has up to a quarter of the grace.
  void on_stall(Duration lateness, MonoTime now);
  /// Restarts the grace: until now the node could not report at all.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  Duration grace_;
  State state_;
};

}  // namespace hearth::core
