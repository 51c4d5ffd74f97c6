#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "model/assignment.h"

namespace hearth::core {

/// Decides which assignment a node follows.
///
/// An assignment is in force only once it is on the node's disk, so that a node that boots without
/// a network follows the last one it acted on. Its (epoch, revision) only grows. One is stored at a
/// time, and after it the newest of those received meanwhile.
///
/// The topic keeps earlier assignments and delivers them first: a node that lost its disk and
/// believed one of them would stop what was started since. So until the topic has been read to its
/// end, the newest is remembered but not stored. The end may never be announced; then it is assumed
/// kFirstWait after the first assignment.
///
/// After a start nothing may be done for kFirstWait: the stored assignment may be out of date, and
/// a newer one may be about to arrive.
///
/// It neither carries out nor stores an assignment: tend() returns what to store, and on_saved()
/// receives the outcome. Sans-io, not thread-safe.
class AssignmentIntake {
 public:
  /// How long a start waits for a newer assignment than the stored one, and for the end of the
  /// topic once one was received.
  static constexpr Duration kFirstWait = std::chrono::seconds(3);
  /// After storing failed.
  static constexpr Duration kSaveRetry = std::chrono::seconds(1);

  struct State {
    std::optional<Assignment> in_force;       ///< On disk.
    std::optional<Assignment> newest;         ///< Newer than `in_force`: to be stored.
    std::optional<Assignment> saving;         ///< Being stored; can be older than `newest`.
    std::optional<MonoTime> next_save;        ///< Storing failed: when to try again.
    std::optional<MonoTime> topic_read_at;    ///< When `newest` is or was first believed.
    std::optional<MonoTime> first_wait_ends;  ///< nullopt: it is over.
    std::string save_error;
    std::uint64_t refused = 0;
    bool operator==(const State&) const = default;
  };

  /// `stored`: the assignment on the node's disk, if there is one. That of another node, on a
  /// copied disk, is refused.
  AssignmentIntake(NodeName node, std::optional<Assignment> stored, MonoTime now);
  AssignmentIntake(NodeName node, State state);
  State save() const { return state_; }

  /// The topic delivered `assignment`. Refuses and counts an assignment of another node, or one
  /// older than the newest known.
  void on_received(const Assignment& assignment, MonoTime now);
  /// The topic was read to its end: nothing is newer than what was received.
  void on_caught_up(MonoTime now);
  /// The outcome of storing `number`. Returns the assignment that is in force from now on; nullptr:
  /// nothing changed.
  [[nodiscard]] const Assignment* on_saved(const AssignmentNumber& number,
                                           const Result<void>& outcome, MonoTime now);
  /// While the newest assignment cannot be stored: the one in force, without the instances that the
  /// newest does not list. These can be removed although the disk does not say so: they may occupy
  /// the very room that is missing, and at worst a node that starts without a network runs them
  /// again. nullopt otherwise.
  std::optional<Assignment> still_wanted() const;
  /// Lets time pass; call it after every event. Returns the assignment to store now.
  std::optional<Assignment> tend(MonoTime now);

  /// nullptr: none is in force.
  const Assignment* in_force() const { return state_.in_force ? &*state_.in_force : nullptr; }
  /// The number of the assignment in force; zero: there is none.
  AssignmentNumber applied() const {
    return state_.in_force ? state_.in_force->number : AssignmentNumber{};
  }
  /// Whether the assignment in force may be carried out, as of the last tend().
  bool may_act() const { return state_.in_force && !state_.first_wait_ends; }
  /// Assignments that were refused.
  std::uint64_t refused() const { return state_.refused; }
  /// Why it does not follow the newest assignment, in words; empty if it does.
  std::string problem() const;

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: no silence is judged here, a late retry is merely late, and a first wait that
  /// passed during a stall is over.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  const Assignment* newest_known() const;

  NodeName node_;
  State state_;
};

}  // namespace hearth::core
