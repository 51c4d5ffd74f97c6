#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "core/log_rules/log_rules.h"
#include "core/probes/probe_set.h"
#include "model/instance.h"
#include "model/instance_spec.h"

namespace hearth::core {

/// What the health of a running container calls for.
struct HealthVerdict {
  Health health = Health::kStarting;
  std::string reason;             ///< Why it is not ready, in words; empty if it is.
  bool must_be_replaced = false;  ///< By another instance, before this one fails.
  std::string restart;            ///< Why a fresh container is needed; empty: none is.
  bool operator==(const HealthVerdict&) const = default;
};

/// Whether the container of an instance does its work, from its probes, its log, and how long it
/// has run.
///
/// It is ready once its readiness probe succeeds and every `must_appear` of its log rules was seen;
/// if it has neither, once it has run for `min_ready`. It is degraded while its readiness probe
/// fails for good, while a rule marks it, once a rule asks for its replacement, and when it is not
/// ready in time. A workload of which no two instances may run at once is restarted instead of
/// replaced.
///
/// It restarts nothing: its owner (InstanceSlot) does. Knows one container at a time; the hold-offs
/// of the rules outlast it. Sans-io, not thread-safe.
class InstanceHealth {
 public:
  struct State {
    LogRules::State rules;
    ProbeSet::State probes;
    std::optional<MonoTime> started_at;  ///< nullopt: no container runs.
    std::string replace;                 ///< Why it must be replaced; empty: it need not.
    std::string restart;                 ///< Likewise.
    std::vector<std::string> noticed;    ///< For operators; not taken yet.
    std::vector<DueCheck> checks;        ///< Not taken yet.
    bool operator==(const State&) const = default;
  };

  InstanceHealth(const InstanceSpec& spec, MonoTime now);
  InstanceHealth(const InstanceSpec& spec, State state);
  State save() const;

  /// A container runs that was started, or created, at `started_at`.
  void on_started(MonoTime started_at, MonoTime now, Prng& prng);
  void on_stopped(MonoTime now);

  // What its log's reader reports.
  void on_lines(const LogLines& lines, MonoTime now);
  void on_reading(LogReading reading, MonoTime now) { rules_.on_reading(reading, now); }
  void on_unreadable(const std::string& because, MonoTime now) {
    rules_.on_unreadable(because, now);
  }
  void on_skipped(const LogGap& gap, MonoTime now) { rules_.on_skipped(gap, now); }

  void on_obstacle(WatchObstacle obstacle, MonoTime now);
  void on_cleared(WatchObstacle obstacle, MonoTime now);
  void set_obstacle(WatchObstacle obstacle, bool is_there, MonoTime now) {
    is_there ? on_obstacle(obstacle, now) : on_cleared(obstacle, now);
  }

  /// What the runtime says of the image's HEALTHCHECK: once for each container, and when it
  /// changes.
  void on_healthcheck(ImageHealth health, const std::string& output, MonoTime now) {
    probes_.on_health(health, output, now);
  }
  void on_answer(const CheckAnswer& answer, MonoTime now) { probes_.on_answer(answer, now); }

  /// Whether a container runs.
  bool is_watching() const { return state_.started_at.has_value(); }
  /// Lets time pass; call it after every event while a container runs.
  HealthVerdict tend(MonoTime now, Prng& prng);
  /// The checks to run now; each is returned once.
  std::vector<DueCheck> take_checks() { return std::exchange(state_.checks, {}); }
  /// What operators should know, one sentence each; each is returned once.
  std::vector<std::string> take_noticed() { return std::exchange(state_.noticed, {}); }
  const LogRules& rules() const { return rules_; }

  /// The first instant after `now` at which tend() may return something else.
  std::optional<MonoTime> next_deadline(MonoTime now) const;
  void on_stall(Duration lateness, MonoTime now);

  void check_invariants() const;

 private:
  void apply(const std::vector<LogFiring>& firings);
  void apply(const ProbeFault& fault);
  /// Why it is not ready, in words; empty if it is.
  std::string unready(MonoTime now) const;

  Duration min_ready_;
  Duration ready_deadline_;
  ReplaceOrder replace_order_;
  LogRules rules_;
  ProbeSet probes_;
  State state_;  ///< Its `rules` and `probes` are not used: save() takes them from those in use.
};

}  // namespace hearth::core
