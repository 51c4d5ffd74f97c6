#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>

#include "base/time.h"
#include "model/assignment.h"

namespace hearth::core {

/// What one node was last assigned, and which assignment it reports it follows. TimedPart.
class AssignmentRecord {
 public:
  /// How long a node may take to acknowledge an assignment before it is sent again.
  static constexpr Duration kResendAfter = std::chrono::seconds(3);
  /// How often a node that waits for a replacement is sent its assignment, at least: it then knows
  /// that there is a manager. A node that receives none for three times as long helps itself.
  static constexpr Duration kSignPeriod = std::chrono::seconds(20);

  struct State {
    std::optional<Assignment> published;  ///< The latest.
    AssignmentNumber applied;             ///< What the node last reported it follows.
    std::optional<MonoTime> unacknowledged_since;
    std::optional<MonoTime> next_sign;  ///< The node waits for a replacement.
    bool resend = false;
    bool operator==(const State&) const = default;
  };

  AssignmentRecord() = default;
  explicit AssignmentRecord(State state) : state_(std::move(state)) {}
  const State& save() const { return state_; }

  /// The number of the latest assignment; zero: there is none.
  AssignmentNumber assigned() const {
    return state_.published ? state_.published->number : AssignmentNumber{};
  }
  AssignmentNumber applied() const { return state_.applied; }

  /// The node reports that it follows `applied`. `epoch`: ours.
  void on_applied(const AssignmentNumber& applied, Epoch epoch, MonoTime now);
  /// Whether the node waits for the manager to replace an instance on it.
  void on_waiting(bool is_waiting, MonoTime now);
  /// Whether it follows the latest assignment. One with a higher epoch than ours was not issued by
  /// us: our store was lost or restored from an old copy.
  bool is_followed(Epoch epoch) const {
    return state_.applied >= assigned() && state_.applied.epoch <= epoch;
  }

  /// True if the latest must be sent again now. `has_agent`: false for a box that follows none.
  [[nodiscard]] bool on_tick(bool has_agent, MonoTime now);

  /// What to publish so that the node has `wanted` (whose number is ignored): `wanted` with the
  /// next number if it differs from the latest, the latest again if it must be resent, else
  /// nothing.
  std::optional<Assignment> publish(Assignment wanted, Epoch epoch, MonoTime now);

  std::optional<MonoTime> next_deadline() const;
  /// Does nothing: a late repetition is merely late.
  void on_stall(Duration, MonoTime) {}
  /// Does nothing: what was lost is sent again in time.
  void on_bus_restored(MonoTime) {}

  void check_invariants() const;

 private:
  State state_;
};

/// What every node was assigned. Assignments are complete and level-triggered: a node needs only
/// the latest one, so it is numbered, sent, and sent again until the node follows it.
///
/// Not responsible for the content of an assignment (compose_assignment()). Sans-io, not
/// thread-safe.
class AssignmentLedger {
 public:
  using State = std::map<NodeName, AssignmentRecord::State>;

  /// `epoch`: of the manager that numbers them.
  explicit AssignmentLedger(Epoch epoch) : epoch_(epoch) {}
  AssignmentLedger(Epoch epoch, const State& state);
  State save() const;

  void add_node(const NodeName& node);
  const AssignmentRecord& record(const NodeName& node) const;
  AssignmentRecord& record(const NodeName& node);
  bool is_followed(const NodeName& node) const { return record(node).is_followed(epoch_); }
  std::optional<Assignment> publish(Assignment wanted, MonoTime now);

  /// None: the deadlines of the records are among those of their nodes (Fleet::settle()).
  std::optional<MonoTime> next_deadline() const { return std::nullopt; }
  void on_stall(Duration lateness, MonoTime now);
  void on_bus_restored(MonoTime now);
  void check_invariants() const;

 private:
  Epoch epoch_;
  std::map<NodeName, AssignmentRecord> records_;
};

}  // namespace hearth::core
