#pragma once

#include <cstdint>
#include <optional>

#include "base/time.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// What dialling one agent has shown, and when to dial it next.
///
/// A dial is evidence only where dialling worked while the node was live: behind NAT, no answer
/// means nothing. So a live node is dialled now and then, and a silent one repeatedly until its
/// silence is explained. Two dials in a row must stay unanswered: one lost SYN proves neither that
/// a silent node is dead nor that a live one can no longer be dialled. Sans-io, not thread-safe.
class DialRecord {
 public:
  /// Failed dials in a row that count: in a silence as "no answer", of a live node as proof that it
  /// cannot be dialled (its port was closed, for example).
  static constexpr std::uint32_t kUnansweredMin = 2;
  /// Time between two dials of a live node.
  static constexpr Duration kLivePeriod = std::chrono::seconds(15);
  /// How many of our own stalls in a row, with no evidence between them, discard earlier failures.
  /// Without a limit, a manager that is late at every step would never find a node dead.
  static constexpr std::uint32_t kStallsExcusedMax = 8;

  struct State {
    MonoTime next_dial;
    std::uint64_t last_dial = 0;
    std::optional<MonoTime> under_way_since;
    bool silent = false;
    bool proven = false;
    std::uint32_t unanswered = 0;
    std::optional<DialOutcome> last_outcome;  ///< In this silence.
    bool stalled = false;                     ///< We were late since the one in flight began.
    std::uint32_t stalls_excused = 0;
    bool operator==(const State&) const = default;
  };

  DialRecord(const LivenessSettings& settings, MonoTime now);
  DialRecord(const LivenessSettings& settings, const State& state);
  const State& save() const { return state_; }

  /// How long one dial may take: two of them fit between suspect_after and dead_after.
  Duration timeout() const { return timeout_; }

  /// The node fell silent: from here on, dials are evidence about this silence.
  void begin_silence(MonoTime now);
  /// Like begin_silence(), for an agent that is known to answer dials.
  void resume_silence(MonoTime now);
  /// Heartbeats of the node are received again.
  void end_silence(MonoTime now);
  /// The agent has another address: what dials of the old one showed does not apply to it.
  void readdress(MonoTime now);

  /// When the next dial is due.
  MonoTime next_dial() const { return state_.next_dial; }
  /// Begins a dial. Returns its number, which identifies its outcome.
  std::uint64_t on_dialled(MonoTime now);
  /// Whether the node's heartbeats are being received over the bus.
  enum class BusReceives : std::uint8_t { kYes, kNo };
  /// Ignores an outcome of any dial but the last. A dial of a live node that fails while the bus
  /// receives nothing shows nothing. kNotAsked only schedules the next dial.
  void on_outcome(std::uint64_t dial, DialOutcome outcome, BusReceives receives, MonoTime now);

  /// True while the latest dials of the live node were answered, or one was in this silence.
  bool proven() const { return state_.proven; }
  /// What the dials of this silence show; nullopt while they show nothing.
  std::optional<DialOutcome> evidence() const;

  /// When the next dial is due: periodically for a live node, for a silent one until its silence is
  /// explained.
  std::optional<MonoTime> next_deadline() const { return state_.next_dial; }
  /// We were late ourselves, and a failure only shows how things were before. Discards the failed
  /// dials of this silence; the one in flight does not count if it fails. An answer counts whenever
  /// it is received, and the dial in flight has time to be handled.
  void on_stall(Duration lateness, MonoTime now);
  /// Discards them too, since the bus did not carry: the silence begins again.
  void on_bus_restored(MonoTime now);

  void check_invariants() const;

 private:
  void discard(MonoTime now);
  void on_live_outcome(DialOutcome outcome, BusReceives receives);

  Duration timeout_;
  State state_;
};

}  // namespace hearth::core
