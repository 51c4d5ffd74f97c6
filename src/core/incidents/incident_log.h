#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/time.h"
#include "model/incident.h"

namespace hearth::core {

/// What operators should know of the instances of a node, numbered: the latest kIncidentsKept.
///
/// Persist, then report: an incident is reported once all that was known when it was noticed is on
/// the disk, or an agent that dies before would notice the same thing again, and report it again.
/// It waits for kDecisionWait at most: a disk that refuses must not keep operators in the dark.
/// They are reported in their order, so that a number that a manager has seen covers all before it.
///
/// An agent that dies in the moment between the two, before its report is sent, does not report the
/// incident. What a rule called for is not lost with it, nor is its firing: both are stored.
/// Sans-io, not thread-safe.
class IncidentLog {
 public:
  struct Entry {
    Incident incident;
    MonoTime due{};  ///< When it is reported at the latest.
    bool operator==(const Entry&) const = default;
  };
  struct State {
    std::uint64_t made = 0;
    std::uint64_t taken = 0;     ///< The last one that is being stored.
    std::uint64_t stored = 0;    ///< The last one that is stored.
    std::uint64_t reported = 0;  ///< The last one that may be.
    std::deque<Entry> latest;
    bool operator==(const State&) const = default;
  };

  IncidentLog() = default;
  explicit IncidentLog(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  void add(const InstanceId& instance, std::string message, MonoTime now);
  /// Whether one waits that is not being stored yet.
  bool is_unsaved() const { return state_.made > state_.taken; }
  /// What is known is about to be stored.
  void on_taken() { state_.taken = state_.made; }
  /// What was taken last is stored.
  void on_stored();
  /// Lets time pass; call it after every event.
  void tend(MonoTime now);

  /// Those that may be reported.
  std::vector<Incident> reported() const;
  /// As of the last tend().
  std::optional<MonoTime> next_deadline() const;

  void check_invariants() const;

 private:
  State state_;
};

}  // namespace hearth::core
