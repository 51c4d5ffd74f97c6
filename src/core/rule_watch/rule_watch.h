#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/time.h"
#include "core/timed/stall_margin.h"
#include "model/log_firing.h"
#include "model/log_rule.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// One moment, on the clock of the node and on that of the watch (WatchedClock).
struct WatchMoment {
  MonoTime now;
  Duration watched;
};

/// One log rule, applied to the log of an instance's current container.
///
/// A `must_not_appear` counts lines in a window of the time in which they were written; its fault
/// lasts for `hold_off` or `within`, whichever is longer, of watched time after the last line that
/// completed it. The absence rules wait on the watched clock; their fault lasts until the line
/// comes, and each further wait that ends without it is another firing. Within a hold-off firings
/// are counted instead.
///
/// It does not know whether the log is being read: its owner (LogRules) runs the watched clock, and
/// passes only lines of this container that match the rule. Sans-io, not thread-safe.
class RuleWatch {
 public:
  /// A line of this age or older does not count as a fault: what it reports may be over.
  static constexpr Duration kReplayMax = std::chrono::seconds(30);
  static constexpr std::size_t kEvidenceBytesMax = 200;
  /// After a stall, an absence rule waits at most this much longer for what arrived meanwhile.
  static constexpr Duration kStallMarginMax = std::chrono::seconds(2);

  struct State {
    /// `must_not_appear` with a count: when the latest were written, fewer than that, ascending.
    std::vector<MonoTime> counted;
    std::optional<Duration> due;       ///< Of an absence rule that waits, on the watched clock.
    StallMargin margin;                ///< Of this wait.
    bool is_met = false;               ///< An absence rule saw its line in this container.
    bool may_be_skipped = false;       ///< `must_appear`: its line may be among those skipped.
    std::optional<std::string> fault;  ///< In words, until its cause has passed.
    Duration fault_until{};  ///< Of a `must_not_appear` with a fault, on the watched clock.
    std::optional<LogFiring> last;
    std::uint64_t held_off = 0;  ///< Since `last`.
    bool operator==(const State&) const = default;
  };
  /// What outlasts the agent. A suppressed firing does not change it.
  using Durable = RuleMemory;

  explicit RuleWatch(LogRule rule) : rule_(std::move(rule)) {}
  RuleWatch(LogRule rule, State state) : rule_(std::move(rule)), state_(std::move(state)) {}
  const State& state() const { return state_; }
  Durable durable() const;

  const LogRule& rule() const { return rule_; }
  bool is_must_appear() const { return is<MustAppear>(); }
  bool is_must_recur() const { return is<MustRecur>(); }
  bool is_silence() const { return is<LogSilence>(); }
  bool reads(LogStream stream) const;

  /// A container started, at zero of the watched clock. The hold-off goes on: a restart that does
  /// not help must not repeat at once.
  void begin();
  /// Watches the container that `known` is about again, from zero of the watched clock.
  void resume(const Durable& known);
  /// A line of this age that concerns it was read. Returns a firing.
  std::optional<LogFiring> on_line(Duration age, std::string_view text, const WatchMoment& moment);
  /// Lines were skipped, up to now: any of them may have been the awaited one.
  void on_skipped(const WatchMoment& moment);
  /// Lets time pass. Returns a firing.
  std::optional<LogFiring> tend(const WatchMoment& moment);
  /// The watched time at which tend() next has something to do.
  std::optional<Duration> next_due() const;
  void on_stall(Duration lateness, const WatchMoment& moment);

  void check_invariants(bool has_container, MonoTime now) const;

 private:
  template <class Condition>
  bool is() const {
    return std::holds_alternative<Condition>(rule_.condition);
  }
  void wait_from_start();
  void fulfil(const WatchMoment& moment);
  bool completes(const MustNotAppear& condition, MonoTime written);
  std::optional<LogFiring> find_faulty(std::string_view line, const WatchMoment& moment);

  LogRule rule_;
  State state_;
};

}  // namespace hearth::core
