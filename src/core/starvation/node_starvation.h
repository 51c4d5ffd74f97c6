#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/time.h"
#include "model/ids.h"
#include "model/pressure.h"

namespace hearth::core {

/// Whether the node itself is so short of a resource that what its services fail to do says nothing
/// of them.
///
/// On a starved machine every probe times out and every log falls silent. Restarting or replacing
/// services then makes it worse, and kills the ones that were well. So while an episode of shortage
/// lasts, failed probes and missing lines are not acted on: for kHoldMax at most, so that a machine
/// that is always short does not go unwatched; after that only once it has been well for kPause.
/// The service that itself takes the largest share is not protected by the shortage that it causes.
///
/// It knows the shortage alone: what is held back, core/health decides. A kernel that reports no
/// pressure is never short. Sans-io, not thread-safe.
class NodeStarvation {
 public:
  /// From these shares of time on (thousandths). Of the processors: at 600 a task that wants to run
  /// waits more often than not, so that an answer which takes 1 s of work takes more than 2 s, the
  /// default timeout of a probe. Below it a full machine still serves everyone in turns. Of memory
  /// and I/O `full` counts, time in which nothing on the machine got on: `some` is high whenever
  /// one backup reads its disk. 200 of memory is thrashing (systemd-oomd and Meta's oomd begin to
  /// kill in that region); disks are waited for in the normal course, so I/O counts from half the
  /// time.
  static constexpr std::uint16_t kCpuSome = 600;
  static constexpr std::uint16_t kMemoryFull = 200;
  static constexpr std::uint16_t kIoFull = 500;
  /// An episode ends when there was no shortage for this long: an average of 10 s swings.
  static constexpr Duration kCalm = std::chrono::seconds(10);
  static constexpr Duration kHoldMax = std::chrono::minutes(2);
  /// From the end of one episode to the next one that counts.
  static constexpr Duration kPause = std::chrono::minutes(5);

  struct State {
    std::optional<Shortage> shortage;  ///< Of the episode; nullopt: none lasts.
    MonoTime began_at{};               ///< The episode.
    MonoTime short_at{};               ///< When there was last a shortage.
    bool counts = false;               ///< The episode came late enough after the one before.
    std::optional<MonoTime> ended_at;  ///< The episode before.
    bool is_reported = false;          ///< Of the episode, to operators.
    std::optional<InstanceId> largest;
    MonoTime as_of{};
    bool operator==(const State&) const = default;
  };

  NodeStarvation() = default;
  explicit NodeStarvation(State state) : state_(std::move(state)) {}
  State save() const { return state_; }

  void on_pressure(const Pressure& pressure, MonoTime now);
  /// The instance that takes the largest share of what is short; nullopt: not known, then all are
  /// protected.
  void on_largest(std::optional<InstanceId> instance) { state_.largest = std::move(instance); }
  /// Lets time pass; call it after every event.
  void tend(MonoTime now);

  /// What the node is short of; nullopt: of nothing.
  std::optional<Shortage> shortage() const { return state_.shortage; }
  /// What the node is short of, if the failures of this instance are not to be acted on.
  std::optional<Shortage> protects(const InstanceId& instance) const;
  /// Once an episode: whether the first thing that is held back is to be reported.
  bool take_report();
  /// What it is short of and what follows, in words; empty: of nothing.
  std::string words() const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: pressure is measured by the kernel.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  bool holds() const;

  State state_;
};

}  // namespace hearth::core
