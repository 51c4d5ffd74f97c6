#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// What dialling one agent has shown, and when to dial it next.
///
/// A dial is evidence only where it worked while the node was live: behind NAT no answer means
/// nothing. So a live node is dialled now and then, and a silent one again and again until its
/// silence is explained. Two dials must stay unanswered: one lost SYN is no proof, neither that a
/// silent node is dead nor that a live one cannot be dialled any more.
/// Sans-io, not thread-safe.
class DialRecord {
 public:
  /// Dials in a row that must fail: in one silence to count as "no answer", of a live node to count
  /// as no witness from then on (somebody closed its port).
  static constexpr std::uint32_t kUnansweredMin = 2;
  /// Between two dials of a live node.
  static constexpr Duration kLivePeriod = std::chrono::seconds(15);

  struct State {
    MonoTime next_dial;
    std::uint64_t last_dial = 0;
    std::optional<MonoTime> under_way_since;
    bool silent = false;
    bool proven = false;
    std::uint32_t unanswered = 0;
    std::optional<DialOutcome> last_outcome;  ///< In this silence.
    bool operator==(const State&) const = default;
  };

  DialRecord(const LivenessSettings& settings, MonoTime now);
  DialRecord(const LivenessSettings& settings, const State& state);
  const State& save() const { return state_; }

  /// How long one dial may take: two of them fit between suspect_after and dead_after.
  Duration timeout() const { return timeout_; }

  /// The node fell silent: from now on dials are evidence about this silence.
  void begin_silence(MonoTime now);
  /// As begin_silence(), where it is known from before that dialling this agent works.
  void resume_silence(MonoTime now);
  /// The node was heartbeats received again.
  void end_silence(MonoTime now);
  /// The agent is elsewhere from now on: what was shown of the old address says nothing of it.
  void readdress(MonoTime now);

  /// When the next dial is due.
  MonoTime next_dial() const { return state_.next_dial; }
  /// Begins a dial; returns its number, by which its outcome is known again.
  std::uint64_t on_dialled(MonoTime now);
  /// Whether the bus carries the node's heartbeats meanwhile.
  enum class BusReceives : std::uint8_t { kYes, kNo };
  /// An outcome of any but the last dial is ignored; a failure while nothing is received says
  /// nothing of dialling a live node. kNotAsked changes nothing but when to dial next.
  void on_outcome(std::uint64_t dial, DialOutcome outcome, BusReceives receives, MonoTime now);

  /// True while the latest dials of the live node were answered, or one in this silence was.
  bool proven() const { return state_.proven; }
  /// What this silence's dials show; nullopt while they show nothing yet.
  std::optional<DialOutcome> evidence() const;

  /// When the next dial is due: of a silent node until its silence is explained, of a live one now
  /// and then.
  std::optional<MonoTime> next_deadline() const { return state_.next_dial; }
  /// What came of dials under way or done in this silence does not count: we ourselves were late.
  void on_stall(Duration lateness, MonoTime now);
  /// Nor does it count if the bus did not carry: the silence begins anew.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  void discard(MonoTime now);

  Duration timeout_;
  State state_;
};

}  // namespace hearth::core
