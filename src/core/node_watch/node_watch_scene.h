#pragma once

#include <algorithm>
#include <utility>
#include <vector>

#include "core/node_watch/node_watch.h"

namespace hearth::core {

inline constexpr MonoTime kStart{std::chrono::hours(1)};
inline const NodeName kNode = *NodeName::parse("a");

inline WatchSettings settings(bool has_power = true) {
  return {
      .liveness = settings_of(LivenessProfile::kDefault), .recovery = {}, .has_power = has_power};
}

inline Node imported(NodeState state = NodeState::kAwaited) {
  return {.name = kNode,
          .display_name = "A",
          .agent = {.address = "10.0.0.1", .port = 7701},
          .state = state};
}

inline Heartbeat sign_of_life(std::uint64_t seq, const char* boot = "boot-1",
                              std::uint64_t start = 1) {
  return {
      .incarnation = {boot, start}, .seq = seq, .sent_at = std::nullopt, .report = std::nullopt};
}

/// For tests: one watch with an owner that applies its verdicts, and an agent that can be dialled.
struct NodeWatchScene {
  explicit NodeWatchScene(Node node = imported(), const WatchSettings& with = settings())
      : watch(with, std::move(node), true, kStart) {}

  Instant instant() const { return {now, WallTime(std::chrono::seconds(7))}; }
  NodeState state() const { return watch.node().state; }

  /// Returns false if it is no sign of life.
  bool receive(const Heartbeat& heartbeat) {
    if (!watch.admit(heartbeat, now)) return false;
    sign = watch.on_sign_of_life(heartbeat, now, instant());
    note_recovery();
    if (sign.verdict) transition(*sign.verdict);
    watch.ask_for_report(heartbeat, now);
    tend();
    return true;
  }
  void tend() {
    if (const std::optional<Verdict> verdict = watch.judge(now)) transition(*verdict);
    watch.tend_recovery(now);
    note_recovery();
    if (const std::optional<std::uint64_t> number = watch.take_dial(now)) {
      ++dialled;
      dial = number;
      answer_at = now + (answer == DialOutcome::kNoAnswer ? watch.dial().timeout() : Duration(0));
    }
    if (watch.take_fetch(now)) ++fetched;
    (void)watch.take_changed();
    watch.check_invariants();
  }
  void transition(const Verdict& verdict) {
    (void)watch.transition_to(verdict.state, verdict.evidence, instant());
    if (verdict.state == NodeState::kDead) watch.begin_recovery(now);
    note_recovery();
  }
  void note_recovery() {
    (void)watch.take_recovery_change();
    if (const std::optional<PowerVerb> verb = watch.take_verb()) verbs.push_back(*verb);
  }
  /// Lets time pass and does what is due.
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    while (true) {
      std::optional<MonoTime> next = watch.next_deadline();
      if (dial) next = std::min(next.value_or(answer_at), answer_at);
      if (!next || *next > end) break;
      now = std::max(now, *next);
      if (dial && answer_at <= now)
        watch.on_dialled(*std::exchange(dial, std::nullopt), answer, now);
      tend();
    }
    now = end;
    tend();
  }
  /// Stalls before the next step, which is due at the deadline or after `at_most` and comes late by
  /// `lateness`. The timer's step comes first, then the outcome of a dial.
  void stall(Duration lateness, Duration at_most = std::chrono::hours(1)) {
    now = std::min(watch.next_deadline().value_or(now + at_most), now + at_most) + lateness;
    watch.on_stall(lateness, now);
    if (watch.next_deadline() <= now) tend();
    if (dial && answer_at <= now) {
      watch.on_dialled(*std::exchange(dial, std::nullopt), answer, now);
      tend();
    }
  }
  /// It sends heartbeats, is dialled and answers.
  void live_for(Duration duration) {
    for (Duration t{0}; t < duration; t += std::chrono::milliseconds(500)) {
      receive(sign_of_life(++seq, boot));
      pass(std::chrono::milliseconds(500));
    }
  }
  void live() { live_for(std::chrono::seconds(1)); }
  void switched(PowerVerb verb, const Result<void>& outcome = {}) {
    watch.on_switched(verb, outcome, now);
    tend();
  }

  NodeWatch watch;
  MonoTime now = kStart;
  const char* boot = "boot-1";
  std::uint64_t seq = 0;
  DialOutcome answer = DialOutcome::kAnswered;
  std::optional<std::uint64_t> dial;
  MonoTime answer_at;
  int dialled = 0;
  int fetched = 0;
  SignOutcome sign;
  std::vector<PowerVerb> verbs;
};

/// A heartbeat that reports `problem`; nullptr: one without a report.
inline Heartbeat in_trouble(std::uint64_t seq, const char* problem) {
  Heartbeat heartbeat = sign_of_life(seq);
  if (problem != nullptr) heartbeat.report = Report{.problem = problem};
  return heartbeat;
}

}  // namespace hearth::core
