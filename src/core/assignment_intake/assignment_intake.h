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
/// One is in force only once it is on the node's disk, so that a node that boots cut off follows
/// the last one it acted on. Its (epoch, revision) only grows. One is stored at a time, and after
/// it the newest of those that were received meanwhile.
///
/// The topic keeps assignments of before and delivers them first: one that a node without its disk
/// believed would stop what was started since. So until the topic was read to its end, the newest
/// is remembered and not stored. The end may never be announced; then it is assumed kFirstWait
/// after the first assignment.
///
/// After a start nothing may be done for kFirstWait: the stored assignment may be out of date, and
/// a newer one on its way.
///
/// It does not carry an assignment out, and it does not store it: tend() says what to store, and
/// on_saved() takes the outcome. Sans-io, not thread-safe.
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
    std::optional<Assignment> saving;         ///< Being stored; perhaps an older one than `newest`.
    std::optional<MonoTime> next_save;        ///< Storing failed: when to try again.
    std::optional<MonoTime> topic_read_at;    ///< From then on `newest` is believed.
    std::optional<MonoTime> first_wait_ends;  ///< nullopt: it is over.
    std::string save_error;
    std::uint64_t refused = 0;
    bool operator==(const State&) const = default;
  };

  /// `stored`: the assignment on the node's disk, if there is one. Another node's, on a disk that
  /// was copied, is refused.
  AssignmentIntake(NodeName node, std::optional<Assignment> stored, MonoTime now);
  AssignmentIntake(NodeName node, State state);
  State save() const { return state_; }

  /// The topic delivered `assignment`. Another node's, or one that is older than the newest known,
  /// is refused and counted.
  void on_received(const Assignment& assignment, MonoTime now);
  /// The topic was read to its end: there is nothing newer than what was received.
  void on_caught_up(MonoTime now);
  /// What became of storing `number`. Returns the assignment that is in force from now on; nullptr:
  /// nothing changed.
  [[nodiscard]] const Assignment* on_saved(const AssignmentNumber& number,
                                           const Result<void>& outcome, MonoTime now);
  /// While the newest cannot be stored: what is in force, without the instances that the newest
  /// does not list. They may go although that is not on disk: what they leave may be the very room
  /// that it lacks, and at the worst a node that starts cut off has them once more. nullopt
  /// otherwise.
  std::optional<Assignment> still_wanted() const;
  /// Lets time pass; to be called after whatever happened. Returns the assignment to store now.
  std::optional<Assignment> tend(MonoTime now);

  /// nullptr: none is.
  const Assignment* in_force() const { return state_.in_force ? &*state_.in_force : nullptr; }
  /// The number of the assignment in force; zero: there is none.
  AssignmentNumber applied() const {
    return state_.in_force ? state_.in_force->number : AssignmentNumber{};
  }
  /// Whether what is in force may be carried out, as of the last tend().
  bool may_act() const { return state_.in_force && !state_.first_wait_ends; }
  /// Assignments that were refused.
  std::uint64_t refused() const { return state_.refused; }
  /// What keeps it from following the newest assignment, in words; else empty.
  std::string problem() const;

  std::optional<MonoTime> next_deadline() const;
  /// Nobody is judged by silence here: a late retry is merely late, and a first wait that passed
  /// during a stall is over.
  void on_stall(Duration, MonoTime) {}
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  const Assignment* newest_known() const;

  NodeName node_;
  State state_;
};

}  // namespace hearth::core
