#pragma once

#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <gtest/gtest.h>

#include "core/probes/probe_set.h"

namespace hearth::core {

/// The default period with its jitter.
inline constexpr Duration kPeriodMax = std::chrono::seconds(11);

inline Probe http_probe() {
  return {.check = HttpCheck{.port = 8080, .path = "/healthz"}};
}

/// The probes of an instance whose container has started, with a clock and whoever runs the checks:
/// each waits in `in_flight` until the test answers it.
struct ProbeSetScene {
  explicit ProbeSetScene(Probes of) : probes(std::move(of)), set(probes, now) { start(); }

  /// Another container.
  void start(Duration ago = {}) {
    set.on_started(now - ago, now, prng);
    tend();
  }
  void answer(ProbeKind kind, ProbeOutcome outcome, std::string words = "was refused") {
    ASSERT_TRUE(in_flight.contains(kind)) << name_of(kind) << " is not being checked";
    const DueCheck check = in_flight.at(kind);
    in_flight.erase(kind);
    if (outcome != ProbeOutcome::kFailed && outcome != ProbeOutcome::kNotRun) words.clear();
    answer_late(check, outcome, words);
  }
  void succeed(ProbeKind kind) { answer(kind, ProbeOutcome::kSucceeded); }
  void fail(ProbeKind kind) { answer(kind, ProbeOutcome::kFailed); }
  /// The answer to a check that may not be the latest.
  void answer_late(const DueCheck& check, ProbeOutcome outcome, const std::string& words = "") {
    set.on_answer({check.probe, check.number, {outcome, words}}, now);
    tend();
  }
  void hinder(WatchObstacle obstacle) {
    set.on_obstacle(obstacle, now);
    tend();
  }
  void clear(WatchObstacle obstacle) {
    set.on_cleared(obstacle, now);
    tend();
  }
  void report(ImageHealth health, const std::string& output = "") {
    set.on_health(health, output, now);
    tend();
  }
  void stall(Duration lateness) {
    now += lateness;
    set.on_stall(lateness, now);
  }
  /// Lets time pass, and calls the probes whenever they asked for it.
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    for (;;) {
      const std::optional<MonoTime> next = set.next_deadline();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      tend();
      if (set.next_deadline() && *set.next_deadline() <= now) {
        ADD_FAILURE() << "they ask to be woken at once, forever";
        break;
      }
    }
    now = end;
  }
  void tend() {
    for (DueCheck& check : set.tend(now, prng)) {
      ++checks;
      begun.push_back(now);
      latest = check;
      in_flight.insert_or_assign(check.probe, std::move(check));
    }
    set.check_invariants();
  }
  /// Lets time pass until the probe is being checked.
  void await(ProbeKind kind) {
    while (!in_flight.contains(kind)) {
      const std::optional<MonoTime> next = set.next_deadline();
      ASSERT_TRUE(next) << name_of(kind) << " will never be checked";
      now = std::max(now, *next);
      tend();
    }
  }
  /// Checks and answers one probe until `times` answers were given.
  void run(ProbeKind kind, ProbeOutcome outcome, std::size_t times) {
    for (std::size_t i = 0; i < times; ++i) {
      await(kind);
      answer(kind, outcome);
    }
  }
  bool checks_now(ProbeKind kind) const { return in_flight.contains(kind); }
  Readiness readiness() const { return set.readiness().readiness; }

  Probes probes;
  Prng prng{7};
  MonoTime now{std::chrono::hours(1)};
  ProbeSet set;
  std::map<ProbeKind, DueCheck> in_flight;
  DueCheck latest;
  std::vector<MonoTime> begun;
  std::size_t checks = 0;
};

}  // namespace hearth::core
