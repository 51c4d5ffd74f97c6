#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "base/prng.h"
#include "base/time.h"
#include "core/probe_watch/probe_words.h"
#include "core/rule_watch/rule_watch.h"
#include "core/timed/stall_margin.h"
#include "model/probe_result.h"

namespace hearth::core {

/// One probe of an instance's current container.
///
/// It counts the answers as Kubernetes does: `failures` in a row, and it fails for good; a success
/// ends the row. Only a readiness probe needs `successes` in a row to succeed; and as long as it
/// has not, its failures are those of a program that starts, and never for good.
///
/// A check that could not be run ends neither row, and is repeated sooner than a period later.
/// Checks are due on the watched clock of its owner (ProbeSet), which stands still while the
/// container cannot be judged. Sans-io, not thread-safe.
class ProbeWatch {
 public:
  /// A check is answered at the latest this long after its timeout, or counts as timed out: more
  /// than a prober takes to give it its turn (Prober::kTurnWaitMax).
  static constexpr Duration kAnswerMargin = std::chrono::seconds(5);
  static constexpr Duration kStallMarginMax = std::chrono::seconds(2);
  /// From a check that could not be run to the next; doubled each time, up to the period.
  static constexpr Duration kRetryMin = std::chrono::seconds(1);
  static constexpr Duration::rep kJitterShare = 10;
  static constexpr std::size_t kWordsBytesMax = 200;

  /// A check that was not answered yet.
  struct InFlight {
    std::uint64_t number = 0;
    MonoTime answer_by{};
    StallMargin margin;
    bool counts = true;     ///< False: the container could not be judged meanwhile.
    bool was_late = false;  ///< The agent itself stalled: that it took long says nothing.
    bool operator==(const InFlight&) const = default;
  };
  struct State {
    std::optional<Duration> due;  ///< Of the next check, on the watched clock. nullopt: not begun.
    std::optional<InFlight> in_flight;
    ProbeVerdict verdict = ProbeVerdict::kOpen;
    ProbeFailures failures;
    std::uint32_t successes = 0;  ///< In a row.
    std::uint32_t not_run = 0;    ///< In a row.
    std::string not_run_because;
    bool operator==(const State&) const = default;
  };

  ProbeWatch(ProbeKind kind, Probe probe) : kind_(kind), probe_(std::move(probe)) {}
  ProbeWatch(ProbeKind kind, Probe probe, State state)
      : kind_(kind), probe_(std::move(probe)), state_(std::move(state)) {}
  const State& state() const { return state_; }

  ProbeKind kind() const { return kind_; }
  const Probe& probe() const { return probe_; }
  ProbeVerdict verdict() const { return state_.verdict; }
  /// Why it fails, and why it could not be run since; empty if neither.
  std::string words() const;

  /// Checks begin, the first one at `due`; what was known is forgotten.
  void begin(Duration due);
  /// It had this verdict before the agent started. `why`: of kFailed.
  void resume(ProbeVerdict verdict, const std::string& why);
  /// What is overdue by more than a period becomes due within a tenth of one: else all probes of a
  /// node would run at the same instant when its agent starts.
  void spread(Duration watched, Prng& prng);
  /// No further check starts until begin().
  void end() { state_.due.reset(); }

  bool is_due(Duration watched) const;
  /// The check that is due is being run under this number.
  void start(std::uint64_t number, const WatchMoment& moment, Prng& prng);
  /// The answer to check `number`; nothing happens unless it is in flight.
  void on_answer(std::uint64_t number, const ProbeResult& result, const WatchMoment& moment);
  /// Lets time pass: an answer may be overdue.
  void tend(const WatchMoment& moment);
  /// The container cannot be judged: the answer in flight will not count.
  void disregard();
  void on_stall(Duration lateness, MonoTime now);

  void check_invariants() const;

 private:
  void on_success();
  void on_failure(const std::string& words);
  void on_not_run(const std::string& because, Duration watched);

  ProbeKind kind_;
  Probe probe_;
  State state_;
};

}  // namespace hearth::core
