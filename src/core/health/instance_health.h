#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "core/decision_gate/decision_gate.h"
#include "core/decision_gate/health_verdict.h"
#include "core/health/watch_messages.h"
#include "core/log_rules/log_rules.h"
#include "core/memory_keeper/memory_keeper.h"
#include "core/probes/probe_set.h"
#include "core/rule_watch/watched_clock.h"
#include "core/trends/usage_trends.h"
#include "core/usage_sampling/usage_messages.h"
#include "model/assignment.h"
#include "model/instance.h"
#include "model/instance_spec.h"
#include "model/pressure.h"
#include "model/watch_memory.h"

namespace hearth::core {

/// How the node of an instance is, which is not the instance's fault.
struct NodeCondition {
  /// Whether the container runtime answers: what its containers do not write means nothing while
  /// it does not.
  bool is_runtime_usable = true;
  /// It has answered what it was asked at this instant. nullopt: nobody asks, so it counts as
  /// there.
  std::optional<MonoTime> runtime_answered;
  std::optional<Shortage> shortage;  ///< Unless the instance itself takes the largest share.
  MonoTime last_assignment_at{};     ///< The latest assignment arrived, known or new.
  bool operator==(const NodeCondition&) const = default;
};

/// Whether the container of an instance does its work, from its probes, its log, what it uses, and
/// how long it has run.
///
/// It is ready once its readiness probe succeeds and every `must_appear` of its log rules was seen;
/// if it has neither, once it has run for `min_ready`. It is degraded while its readiness probe
/// fails for good, while a rule or a trend marks it, once one asks for its replacement, and when it
/// is not ready within `ready_deadline`: of time in which that could be seen, or an agent that was
/// away, or that the runtime leaves without answers, would find all that it watches late. A
/// workload of which no two instances may run at once is restarted instead of replaced; so is one
/// whose node has asked for its replacement and received no assignment for kReplacementWait since:
/// a manager sends one to a node that waits (AssignmentRecord::kSignPeriod).
///
/// A runtime that has begun to hang is noticed late, but delivers no lines at once. So before a
/// missing line means anything, the runtime must have answered since; if that took long, the lines
/// that were held up have a moment to come.
///
/// While its node is short of a resource, what probes say, how its use grows and what its log lacks
/// is not acted on; what its log says is.
///
/// What calls for an action is stored before the verdict says so (DecisionGate).
///
/// It restarts nothing: its owner (InstanceSlot) does. Knows one container at a time; the hold-offs
/// of the rules outlast it. Sans-io, not thread-safe.
class InstanceHealth {
 public:
  /// An answer that takes longer is a sign that the runtime hung.
  static constexpr Duration kPromptAnswer = std::chrono::seconds(1);
  /// For lines that a runtime held up. Once within kPutOffPause, or a slow one would excuse all.
  static constexpr Duration kPutOff = std::chrono::seconds(2);
  static constexpr Duration kPutOffPause = std::chrono::seconds(30);
  /// Until the runtime is asked again about the container.
  static constexpr Duration kInspectionRetry = std::chrono::seconds(3);
  /// How long a replacement is waited for without a word from the manager.
  static constexpr Duration kReplacementWait = std::chrono::minutes(1);

  /// What keeps an action from its usual way.
  struct Hindrance {
    std::optional<Shortage> shortage;  ///< Of its node.
    std::string held_back;             ///< What is not acted on for it; empty: nothing is.
    bool is_held_back_taken = false;   ///< By whoever tells operators.
    MonoTime last_assignment_at{};
    std::optional<MonoTime> replace_since;  ///< A replacement is asked for.
    bool operator==(const Hindrance&) const = default;
  };
  /// What was asked about the container.
  struct Requests {
    bool is_followed = false;   ///< Its log is read.
    bool is_inspected = false;  ///< The runtime has answered.
    MonoTime next_inspection{};
    bool operator==(const Requests&) const = default;
  };
  /// Whether the runtime answers, while a missing line is to be judged.
  struct RuntimeDoubt {
    std::optional<MonoTime> since;     ///< nullopt: there is no doubt.
    std::optional<MonoTime> answered;  ///< As of NodeCondition.
    std::optional<MonoTime> put_off;   ///< When lines were last given a moment to come.
    bool operator==(const RuntimeDoubt&) const = default;
  };
  struct State {
    LogRules::State rules;
    ProbeSet::State probes;
    UsageTrends::State trends;
    std::optional<MonoTime> started_at;  ///< nullopt: no container runs.
    std::set<WatchObstacle> obstacles;
    WatchedClock ready_clock;          ///< How long it could have been seen to become ready.
    PendingActions called_for;         ///< By rules.
    std::string probe_fault;           ///< That was reported; empty: there is none.
    std::vector<std::string> noticed;  ///< For operators; not taken yet.
    std::vector<DueCheck> checks;      ///< Not taken yet.
    LogCursor cursor;                  ///< Where the reading of its log continues.
    Requests requests;
    Hindrance hindrance;
    RuntimeDoubt doubt;
    DecisionGate::State gate;
    Unsaved unsaved = Unsaved::kNothing;  ///< Besides what waits at the gate.
    bool operator==(const State&) const = default;
  };

  InstanceHealth(const InstanceSpec& spec, MonoTime now);
  InstanceHealth(const InstanceSpec& spec, State state);
  /// As the agent knew it before its start. Call resume() or on_started() next.
  InstanceHealth(const InstanceSpec& spec, const InstanceMemory& known, MonoTime now, Prng& prng);
  State save() const;

  /// A container runs that was started, or created, at `started_at`.
  void on_started(MonoTime started_at, MonoTime now, Prng& prng);
  /// The container that `known` was about runs on. `started_at`: if that is not known any more.
  void resume(MonoTime started_at, MonoTime now, Prng& prng);
  void on_stopped(MonoTime now);

  // What is found out about this container.
  void on(const LogRead& event, MonoTime now);
  void on(const LogSkipped& event, MonoTime now) { rules_.on_skipped(event.gap, now); }
  void on(const LogReaderChanged& event, MonoTime now);
  void on(const CheckDone& event, MonoTime now);
  /// Of the image's HEALTHCHECK: once for each container, and when it changes.
  void on(const HealthcheckReported& event, MonoTime now);

  /// Repeated calls change nothing.
  void set_obstacle(WatchObstacle obstacle, bool is_there, MonoTime now);

  /// Without a usage, the runtime cannot say.
  void on(const UsageSampled& event, MonoTime now);
  void on_node(const NodeCondition& node, MonoTime now);

  /// Whether it must be known that the runtime answers.
  bool doubts_runtime() const { return state_.doubt.since.has_value(); }
  /// Whether a container runs.
  bool is_watching() const { return state_.started_at.has_value(); }
  /// Lets time pass; call it after every event while a container runs.
  HealthVerdict tend(MonoTime now, Prng& prng);
  /// What is to be found out about `container` of `instance`, which runs; each is returned once.
  std::vector<WatchAction> take_watches(const ContainerId& container,
                                        const AssignedInstance& instance, MonoTime now);
  /// What operators should know, one sentence each; each is returned once.
  std::vector<std::string> take_noticed() { return std::exchange(state_.noticed, {}); }
  /// What is not acted on because its node is short of something; once for each shortage.
  std::optional<std::string> take_held_back();
  const LogRules& rules() const { return rules_; }
  const UsageTrends& trends() const { return trends_; }

  // What outlasts the agent.
  Unsaved unsaved() const { return gate_.is_unsaved() ? Unsaved::kDecision : state_.unsaved; }
  /// Adds what is known of the container, which is about to be stored.
  void take_memory(InstanceMemory& memory);
  /// What was taken last is stored.
  void on_stored() { gate_.on_stored(); }

  /// The first instant after `now` at which tend() may return something else.
  std::optional<MonoTime> next_deadline(MonoTime now) const;
  void on_stall(Duration lateness, MonoTime now);

  void check_invariants() const;

 private:
  void on_shortage(std::optional<Shortage> shortage, MonoTime now);
  void doubt_runtime(MonoTime now);
  void end_doubt(MonoTime now);
  /// What a verdict rests on.
  enum class Evidence : std::uint8_t { kAll, kWrittenLines };

  void apply(const std::vector<LogFiring>& firings);
  void apply(const std::vector<TrendFiring>& firings);
  void apply(HealthAction action, std::string words);
  void note_probe_fault();
  void note_unsaved(Unsaved unsaved) { state_.unsaved = std::max(state_.unsaved, unsaved); }
  HealthVerdict judge(Evidence evidence, MonoTime now) const;
  HealthVerdict judge_spared(MonoTime now);
  void restart_if_cut_off(HealthVerdict& verdict, MonoTime now);
  /// When an instance that is to be replaced is restarted instead, unless an assignment arrives.
  std::optional<MonoTime> restart_due() const;
  /// Why it is not ready, in words; empty if it is.
  std::string unready(MonoTime now) const;
  /// Runs or stops the clock of its readiness, as is right from `now` on.
  void set_ready_clock(MonoTime now);

  Duration min_ready_;
  Duration ready_deadline_;
  ReplaceOrder replace_order_;
  LogRules rules_;
  ProbeSet probes_;
  UsageTrends trends_;
  DecisionGate gate_;
  /// Its parts are not used: save() takes them from those in use.
  State state_;
};

}  // namespace hearth::core
