#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/prng.h"
#include "base/time.h"
#include "core/log_rules/standing.h"
#include "core/probe_watch/healthcheck_watch.h"
#include "core/probe_watch/probe_watch.h"
#include "core/probes/probe_standing.h"
#include "core/rule_watch/watched_clock.h"
#include "model/probe.h"

namespace hearth::core {

/// The probes of one instance, applied to its current container: which check is due, and what the
/// answers say. Its fields mean what they mean in Kubernetes.
///
/// The startup probe comes first; the other two wait until it has succeeded once, which ends it.
/// At most one check of a probe is in flight. While the container is stopped or paused, or the
/// runtime hangs, no check starts, an answer to one in flight does not count, and delays stand
/// still. A check that could not be run is no failure: nothing is known about the container.
///
/// Verdicts are levels, not edges. A container that must be restarted and is not, because its owner
/// has a reason to wait (a starved node), is checked further, and a success takes the verdict back.
///
/// It carries no check out (ports/prober.h) and restarts nothing. Sans-io, not thread-safe.
class ProbeSet {
 public:
  struct State {
    MonoTime as_of{};
    std::optional<MonoTime> started_at;
    std::set<WatchObstacle> obstacles;
    WatchedClock clock;
    std::uint64_t checks = 0;                ///< Started, ever: the number of the latest.
    std::vector<ProbeWatch::State> watches;  ///< In the order of their kinds.
    HealthcheckWatch::State healthcheck;
    bool operator==(const State&) const = default;
  };

  /// What a start of the agent must know of the time before it. It changes rarely: with a verdict.
  using Durable = ProbesMemory;

  /// No container has started yet.
  ProbeSet(Probes probes, MonoTime now);
  ProbeSet(Probes probes, State state);
  /// Goes on with the container that `durable` is about: one that was ready is ready until its
  /// probe fails for good. Whatever counts towards a restart begins anew. Other probes than then
  /// start afresh, and so does everything if its instant is in the future: see has_started().
  ProbeSet(Probes probes, const Durable& durable, MonoTime now, Prng& prng);
  State save() const;
  Durable durable() const;

  /// Another container of the instance started, or the same one again. `started_at` <= `now`. No
  /// answer to an earlier check counts.
  void on_started(MonoTime started_at, MonoTime now, Prng& prng);
  bool has_started() const { return started_at_.has_value(); }
  /// Other probes start afresh, on the same container; the same ones change nothing.
  void on_probes(const Probes& probes, MonoTime now, Prng& prng);
  /// Repeated calls change nothing, as with on_cleared().
  void on_obstacle(WatchObstacle obstacle, MonoTime now);
  void on_cleared(WatchObstacle obstacle, MonoTime now);
  /// What the runtime says of the image's HEALTHCHECK, with the output of its last check. Once for
  /// each container (kNone, too, is an answer that readiness waits for), and at each change.
  void on_health(ImageHealth health, const std::string& output, MonoTime now);
  /// An unknown number (of an earlier container, an earlier check) changes nothing.
  void on_answer(const CheckAnswer& answer, MonoTime now);
  /// Lets time pass, and returns the checks to run at once; call it after every event.
  std::vector<DueCheck> tend(MonoTime now, Prng& prng);

  /// The container must be restarted.
  std::optional<ProbeFault> fault() const;
  ProbeReadiness readiness() const;
  /// The workload's own probes in the order of their kinds, then the image's if it is used.
  std::vector<ProbeStatus> statuses() const;

  std::optional<MonoTime> next_deadline() const;
  /// Answers may wait behind the stall: they are awaited longer, and that they were late is no
  /// failure.
  void on_stall(Duration lateness, MonoTime now);
  /// Does nothing: checks do not travel over the bus.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  void make_watches();
  void begin(MonoTime now, Prng& prng);
  void advance(MonoTime now);
  bool is_watched() const { return started_at_ && obstacles_.empty(); }
  WatchMoment moment(MonoTime now) const { return {now, clock_.at(now)}; }
  const ProbeWatch* find(ProbeKind kind) const;
  bool is_used(HealthcheckUse use) const;
  bool waits_for_startup() const;
  void begin_after_startup();
  ProbeReadiness readiness_by(ProbeVerdict verdict, const std::string& words) const;
  ProbeStatus status_of(const ProbeWatch& watch) const;
  ProbeStatus status_of_healthcheck() const;

  Probes probes_;
  MonoTime as_of_;
  std::optional<MonoTime> started_at_;
  std::set<WatchObstacle> obstacles_;
  WatchedClock clock_;
  std::uint64_t checks_ = 0;
  std::vector<ProbeWatch> watches_;
  HealthcheckWatch healthcheck_;
};

}  // namespace hearth::core
