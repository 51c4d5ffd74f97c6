#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include "core/evidence/dial_record.h"
#include "core/evidence/trouble_record.h"
#include "core/evidence/verdict.h"
#include "core/liveness/message_order.h"
#include "core/liveness/node_liveness.h"
#include "core/placement/eligibility.h"
#include "core/recovery/recovery_ladder.h"
#include "model/command.h"
#include "model/heartbeat.h"
#include "model/node.h"
#include "model/settings.h"

namespace hearth::core {

/// A node's state has changed, and why. Nothing has followed from it yet.
struct NodeTransition {
  NodeName node;
  NodeState from{};
  NodeState to{};
  std::string evidence;
};

/// How far bringing a node back has come has changed.
struct RecoveryChange {
  Recovery before;
  Recovery after;
};

/// A node that was being brought back is.
struct Recovered {
  std::uint32_t attempts = 0;
  bool same_incarnation = false;
};

/// What a sign of life came to.
struct SignOutcome {
  bool booted_anew = false;  ///< With the machine went its containers.
  std::optional<Recovered> recovered;
  std::optional<Verdict> verdict;  ///< It is live again.
};

struct WatchSettings {
  LivenessSettings liveness;
  RecoverySettings recovery;
  bool has_power = false;  ///< The node has a power driver.
};

/// All that is believed about one node and done about it: what it last said, how long it has been
/// silent, what dialling it shows, the verdict, and how it is brought back.
///
/// It judges and reports; what follows for work is decided elsewhere. A verdict is asked for
/// (`judge()`) and then made true (`transition_to()`), so that something may stand between the two.
/// `take_…()` hand out what is due, once. TimedPart. Sans-io, not thread-safe.
class NodeWatch {
 public:
  struct State {
    Node node;
    Load load;
    std::optional<Report> report;           ///< The last one.
    std::optional<MonoTime> last_received;  ///< When the last heartbeat was.
    NodeLiveness::State silence;
    MessageOrder::State order;
    DialRecord::State dial;
    RecoveryLadder::State ladder;
    std::optional<MonoTime> agent_down_since;
    TroubleRecord::State trouble;
    std::optional<MonoTime> next_fetch;
    bool bus_carries = false;
    std::optional<Eligibility> eligibility;
    bool operator==(const State&) const = default;
  };

  /// `bus_carries`: on_bus_restored() and on_bus_lost() tell from then on.
  NodeWatch(const WatchSettings& settings, Node node, bool bus_carries, MonoTime now);
  NodeWatch(const WatchSettings& settings, State state);
  State save() const;

  const Node& node() const { return node_; }
  const NodeName& name() const { return node_.name; }
  const Load& load() const { return load_; }
  const std::optional<Report>& report() const { return report_; }
  const std::optional<MonoTime>& last_received() const { return last_received_; }
  const DialRecord& dial() const { return dial_; }
  /// Judged by its silence: it was received once and is not given up.
  bool is_judged() const;
  /// It told an incarnation: an agent is there, and follows assignments.
  bool has_agent() const { return order_.received().known(); }
  /// Its agent has told of a problem, or could not be told anything, for so long that builds do not
  /// wait for it any more.
  bool is_given_up() const { return trouble_.is_given_up(); }
  NodeView view(const AssignmentNumber& applied) const;

  /// Goes on with a silence that an earlier manager judged. A node it classified by dialling had
  /// answered dials before.
  void resume(MonoTime now);
  /// What an operator's file says of it. True if that is new.
  bool update(const NodeEntry& entry, MonoTime now);

  /// False for a message of a former incarnation, and for one that was received already.
  [[nodiscard]] bool admit(const Heartbeat& heartbeat, MonoTime received_at);
  /// An admitted heartbeat was received over the bus: the node lived when it was sent, which its
  /// age tells.
  SignOutcome on_sign_of_life(const Heartbeat& heartbeat, MonoTime received_at, Instant now);
  /// Of an admitted heartbeat, after what follows from its incarnation.
  /// True if the node is given up from now on. `follows`: its latest assignment.
  [[nodiscard]] bool note_trouble(const Heartbeat& heartbeat, bool follows, MonoTime now);
  /// A report that was sent before we listened would be missed for long: asks for one.
  void ask_for_report(const Heartbeat& heartbeat, MonoTime now);
  /// Of an admitted heartbeat. True if the node is eligible for work, or not, otherwise than when
  /// it was last received.
  [[nodiscard]] bool note_eligibility(const Eligibility& eligibility);
  void set_capacity(const Resources& capacity);

  void on_dialled(std::uint64_t dial, DialOutcome outcome, MonoTime now);
  void on_switched(PowerVerb verb, const Result<void>& outcome, MonoTime now);

  /// What the evidence says that the node is, if that is something else than it counts as.
  std::optional<Verdict> judge(MonoTime now);
  NodeTransition transition_to(NodeState state, std::string evidence, Instant now);
  /// It is dead and has a power driver: brings it back.
  void begin_recovery(MonoTime now);
  /// Notices what a recovery waited for in vain; while the bus does not carry it stands still.
  void tend_recovery(MonoTime now) {
    if (bus_carries_) ladder_.on_tick(now);
  }

  std::optional<RecoveryChange> take_recovery_change();
  std::optional<PowerVerb> take_verb() { return ladder_.take_verb(); }
  /// The number of the dial that is due.
  std::optional<std::uint64_t> take_dial(MonoTime now);
  /// True if its status is to be asked for over HTTP.
  bool take_fetch(MonoTime now);
  /// True if node() was changed since this was last asked.
  bool take_changed() { return std::exchange(changed_, false); }

  /// When it is next looked at: its entry among the deadlines of the fleet, whose this is.
  std::optional<MonoTime> queued() const { return queued_; }
  void set_queued(std::optional<MonoTime> deadline) { queued_ = deadline; }

  std::optional<MonoTime> next_deadline() const;
  void on_stall(Duration lateness, MonoTime now);
  void on_bus_restored(MonoTime now);
  /// Nobody can be received: recoveries stand still.
  void on_bus_lost() { bus_carries_ = false; }

  void check_invariants() const;

 private:
  bool is_asked() const { return is_judged() && node_.state != NodeState::kLive; }
  void adopt(const Incarnation& incarnation);
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
  /// While unreachable, or unreported: when the status is asked for over HTTP.
  std::optional<MonoTime> next_fetch_;
  bool bus_carries_ = false;
  std::optional<Eligibility> eligibility_;  ///< When it was last received.
  std::optional<MonoTime> queued_;
  bool changed_ = false;
};

}  // namespace hearth::core
