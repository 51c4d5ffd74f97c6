#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/evidence/dial_record.h"
#include "core/evidence/trouble_record.h"
#include "core/evidence/verdict.h"
#include "core/liveness/message_order.h"
#include "core/liveness/node_liveness.h"
#include "core/node_watch/incident_allowance.h"
#include "core/placement/eligibility.h"
#include "core/recovery/recovery_ladder.h"
#include "model/command.h"
#include "model/heartbeat.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// A node's state changed, and why. It has had no consequences yet.
struct NodeTransition {
  NodeName node;
  NodeState from{};
  NodeState to{};
  std::string evidence;
};

/// The progress of a node's recovery changed.
struct RecoveryChange {
  Recovery before;
  Recovery after;
};

/// A node that was being brought back is live again.
struct Recovered {
  std::uint32_t attempts = 0;
  bool same_incarnation = false;
};

/// The result of a sign of life.
struct SignOutcome {
  bool booted_anew = false;  ///< The machine rebooted: its containers are gone.
  std::optional<Recovered> recovered;
  std::optional<Verdict> verdict;  ///< The node is live again.
};

/// What becomes of reported incidents.
struct IncidentOutcome {
  std::vector<Incident> fresh;  ///< Those that become events.
  bool flood_begins = false;    ///< The first one was left out.
  std::uint64_t left_out = 0;   ///< In a flood that is over; 0: none is.
};

struct WatchSettings {
  LivenessSettings liveness;
  RecoverySettings recovery;
  bool has_power = false;  ///< The node has a power driver.
};

/// Everything the manager believes about one node and does about it: its last messages, how long it
/// has been silent, what dialling it shows, the verdict, and its recovery.
///
/// It judges and reports; the consequences for work are decided elsewhere. A verdict is asked for
/// (`judge()`) and then applied (`transition_to()`), so that the caller can act between the two.
/// `take_…()` hand out what is due, once. TimedPart. Sans-io, not thread-safe.
class NodeWatch {
 public:
  struct State {
    Node node;
    Load load;
    std::optional<Report> report;           ///< The latest one.
    std::optional<MonoTime> last_received;  ///< When the last heartbeat arrived.
    NodeLiveness::State silence;
    MessageOrder::State order;
    DialRecord::State dial;
    RecoveryLadder::State ladder;
    std::optional<MonoTime> agent_down_since;
    TroubleRecord::State trouble;
    std::optional<MonoTime> next_fetch;
    bool bus_carries = false;
    std::optional<Eligibility> eligibility;
    std::optional<WallTime> known_before;
    IncidentAllowance::State incidents;
    bool operator==(const State&) const = default;
  };

  /// `bus_carries`: later changes come by on_bus_restored() and on_bus_lost().
  NodeWatch(const WatchSettings& settings, Node node, bool bus_carries, MonoTime now);
  NodeWatch(const WatchSettings& settings, State state);
  State save() const;

  const Node& node() const { return node_; }
  const NodeName& name() const { return node_.name; }
  const Load& load() const { return load_; }
  const std::optional<Report>& report() const { return report_; }
  /// What an instance on it uses, as last reported; nullptr: not known.
  const InstanceUsage* usage_of(const InstanceId& instance) const;
  const std::optional<MonoTime>& last_received() const { return last_received_; }
  /// Until when an earlier manager knew how it is; nullopt: there was none.
  const std::optional<WallTime>& known_before() const { return known_before_; }
  const DialRecord& dial() const { return dial_; }
  /// Judged by its silence: it has been received once and is not dead.
  bool is_judged() const;
  /// It reported an incarnation: it has an agent, which follows assignments.
  bool has_agent() const { return order_.received().known(); }
  /// Its agent has reported a problem, or could not be sent its assignment, for so long that builds
  /// stop waiting for it.
  bool is_given_up() const { return trouble_.is_given_up(); }
  NodeView view(const AssignmentNumber& applied) const;

  /// Resumes a silence that an earlier manager judged. A node it classified by dialling had
  /// answered dials before. `known_before`: until when that manager knew how the node is.
  void resume(std::optional<WallTime> known_before, MonoTime now);
  /// Applies an entry of an operator's file. Returns true if it changed anything.
  bool update(const NodeEntry& entry, MonoTime now);

  /// False for a message of an earlier incarnation, and for a duplicate.
  [[nodiscard]] bool admit(const Heartbeat& heartbeat, MonoTime received_at);
  /// An admitted heartbeat arrived over the bus: the node was alive when it was sent (see its age).
  SignOutcome on_sign_of_life(const Heartbeat& heartbeat, MonoTime received_at, Instant now);
  /// For an admitted heartbeat, after on_sign_of_life(). Returns true if this gives the node up.
  /// `follows`: whether it follows its latest assignment.
  [[nodiscard]] bool note_trouble(const Heartbeat& heartbeat, bool follows, MonoTime now);
  /// Asks for a report if one is missing: the next regular one may be long in coming.
  void ask_for_report(const Heartbeat& heartbeat, MonoTime now);
  /// For an admitted heartbeat. True if the eligibility differs from that of the previous one.
  [[nodiscard]] bool note_eligibility(const Eligibility& eligibility);
  void set_capacity(const Resources& capacity);
  /// Of the reported incidents those that were not returned before, as far as its allowance goes.
  IncidentOutcome take_incidents(const std::vector<Incident>& reported, MonoTime now);

  /// It did not answer a request for its status.
  void on_fetch_failed(const Instant& now);
  void on_dialled(std::uint64_t dial, DialOutcome outcome, MonoTime now);
  void on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now);

  /// The verdict that the evidence supports, if it differs from the current state.
  std::optional<Verdict> judge(MonoTime now);
  NodeTransition transition_to(NodeState state, std::string evidence, Instant now);
  /// It is dead: begins its recovery if it has a power driver.
  void begin_recovery(MonoTime now);
  /// Handles the timeouts of a recovery, which stand still while the bus does not carry.
  void tend_recovery(MonoTime now) {
    if (bus_carries_) ladder_.on_tick(now);
  }

  std::optional<RecoveryChange> take_recovery_change();
  std::optional<PowerVerb> take_verb() { return ladder_.take_verb(); }
  /// The number of the dial that is due.
  std::optional<std::uint64_t> take_dial(MonoTime now);
  /// True if its status must be asked for over HTTP.
  bool take_fetch(MonoTime now);
  /// True if node() has changed since the last call.
  bool take_changed() { return std::exchange(changed_, false); }

  /// When it is examined next: its entry among the deadlines of the fleet, which owns this field.
  std::optional<MonoTime> queued() const { return queued_; }
  void set_queued(std::optional<MonoTime> deadline) { queued_ = deadline; }

  std::optional<MonoTime> next_deadline() const;
  void on_stall(Duration lateness, MonoTime now);
  void on_bus_restored(MonoTime now);
  /// No node can be received: recoveries stand still.
  void on_bus_lost() { bus_carries_ = false; }

  void check_invariants() const;

 private:
  bool is_asked() const { return is_judged() && node_.state != NodeState::kLive; }
  void adopt(const Incarnation& incarnation);
  void set_known_at(std::optional<WallTime> known_at);
  void on_unknown(const Instant& now);
  void note_port(const Heartbeat& heartbeat, MonoTime now);

  WatchSettings settings_;
  Node node_;
  Load load_;
  std::optional<Report> report_;
  std::optional<MonoTime> last_received_;
  NodeLiveness silence_;
  MessageOrder order_;
  DialRecord dial_;
  RecoveryLadder ladder_;
  std::optional<MonoTime> agent_down_since_;
  TroubleRecord trouble_;
  /// While unreachable, or without a report: when the status is asked for over HTTP.
  std::optional<MonoTime> next_fetch_;
  bool bus_carries_ = false;
  std::optional<Eligibility> eligibility_;  ///< As of the last heartbeat.
  std::optional<WallTime> known_before_;
  IncidentAllowance incidents_;
  std::optional<MonoTime> queued_;
  bool changed_ = false;
};

}  // namespace hearth::core
