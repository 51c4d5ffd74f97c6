#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/manager/messages.h"
#include "model/assignment.h"
#include "model/heartbeat.h"
#include "sim/stored_state.h"
#include "sim/world.h"

namespace hearth::sim {

/// Watches everything that the manager and the agents decide, and holds it against what is really
/// so. What must never happen is a safety property; each has a name under which a violation is
/// reported:
///
///   dead-though-dialled       a node whose agent answers dials is not judged dead
///   dead-though-received      nor is one whose heartbeats arrive, dialled or not
///   blind-judges-nobody       while the bus does not carry, no node's state gets worse, nor before
///                             a node was silent for long enough since it carries again
///   power-off-only-dead       power is switched only where verdict and phase are stored, and never
///                             off while blind or where the node has long been well
///   stored-before-published   an assignment names only what the store has, as it has it
///   assignment-goes-forward   what is published, stored by an agent, and applied never goes back
///   spares-the-wanted         an agent that can read what is wanted stops nothing of it
///   one-container             no two containers of one instance run on a node, but for a moment
///                             where its engine did what it said it had not
///   stopped-only-if-spare     an instance that runs is not stopped before its replacement runs, or
///                             as many as wanted without it
///   built-once                one build per generation, and one more for each that failed
///   same-bits                 all containers of a generation run the same bits
///   instance-ids-are-new      an id is never used twice
///   quiet                     where nothing is to be done, nothing is written and nothing sent
///
/// Elsewhere: settles and script (scenario.cc), no-busy-loop, one-save and state-reads-back (the
/// restarts of manager and agents).
///
/// They hold as well where the manager's disk lost the last of what it had said was stored, as far
/// as that told of what was seen (SimStore::lose_last). Where it told more they do not:
///
/// Without its epoch the next manager takes the same again, and agents refuse what it numbers below
/// what they have; it would take a floor for epochs that is kept elsewhere than on this disk.
/// Without a workload, what an operator was told is so is not (settles), and numbers are given
/// again (instance-ids-are-new), and builds (built-once); only a store that keeps its word helps.
/// Without where an instance was placed, or that it is to stop, it may be told to run again where
/// its container is just being stopped, and the agent starts a second one beside it
/// (one-container).
class Checker {
 public:
  /// What runs in a container.
  struct RunningBits {
    WorkloadName workload;
    Generation generation;
    std::string reference;
    Digest bits;
  };
  /// What is really so.
  struct Truth {
    /// The node lives, and bus, dial and manager work for it.
    std::function<bool(const NodeName&)> is_well;
    /// Its agent answers a dial of the manager.
    std::function<bool(const NodeName&)> can_be_dialled;
    /// What its agent sends reaches the manager, all of it and at once.
    std::function<bool(const NodeName&)> can_be_received;
    std::function<bool()> bus_carries;        ///< For the manager.
    std::function<MonoTime()> carried_until;  ///< If it does not.
    std::function<bool()> manager_works;
    /// The instances of which more than one container runs on the node while its agent could act.
    std::function<std::set<InstanceId>(const NodeName&)> doubled;
    std::function<std::vector<RunningBits>(const NodeName&)> running;
  };

  Checker(World& world, const StoredState& store, Truth truth);

  void begin(std::set<NodeName> nodes);
  /// Decided, and neither stored nor done.
  void on_batch(const core::ManagerBatch& batch);
  // Told to the world, and not yet out.
  void on_assignment(const Assignment& assignment);
  void on_switch(const NodeName& node, PowerVerb verb);
  void on_status(const NodeName& node, const Heartbeat& heartbeat);
  void on_saved(const NodeName& node, const Assignment& assignment);
  /// An agent stops the only container of an instance that runs. `newest`: what its topic says.
  void on_last_stopped(const Assignment& newest, const InstanceId& instance);
  void on_build_begins(const NodeName& node, const BuildOrder& order);
  void on_build_ends(const NodeName& node, const BuildOrder& order, const Result<Digest>& outcome);
  /// The manager died: the next one tells the drivers what was stored, blind or not.
  void on_manager_crash();
  /// The node's agent died: what it was building, or did not know yet to be taken, it builds
  /// again.
  void on_agent_crash(const NodeName& node);
  /// The node's disk was lost: it may begin again.
  void forget_node(const NodeName& node);
  void expect_quiet(bool quiet) { quiet_ = quiet; }
  /// The node's engine does things of which it says that it did not.
  void on_engine_trouble(const NodeName& node);
  void on_engine_trouble_ended(const NodeName& node);

 private:
  void sweep();
  void watch_blindness();
  void watch(const NodeName& node);
  void check_doubles(const NodeName& node);
  void check_bits();
  void check_write(const Write& write);
  void check_stops(const std::vector<Write>& writes);
  void note_builders(const std::vector<Write>& writes);
  void check_verdict(const Node& node);
  bool was_troubled(const NodeName& node) const;
  bool is_blind_for(Duration duration) const;
  using Since = std::map<NodeName, MonoTime>;
  bool lasts(const Since& since, const NodeName& node, Duration duration) const;

  World& world_;
  const StoredState& store_;
  Truth truth_;
  std::set<NodeName> nodes_;
  Since well_since_;
  Since dialled_since_;
  Since received_since_;
  std::optional<MonoTime> manager_works_since_;
  std::optional<MonoTime> blind_since_;
  std::optional<MonoTime> seeing_since_;  ///< After a blindness that the manager must have noticed.
  std::map<std::pair<NodeName, InstanceId>, MonoTime> double_since_;
  std::map<NodeName, MonoTime> engine_excused_until_;
  std::map<NodeName, AssignmentNumber> published_;
  std::map<NodeName, AssignmentNumber> applied_;
  std::map<NodeName, AssignmentNumber> saved_;
  std::map<NodeName, std::uint32_t> attempts_;  ///< Of the power switches decided last.
  std::set<InstanceId> ids_used_;
  using BuildKey = std::pair<WorkloadName, Generation>;
  struct Builds {
    std::uint32_t begun = 0;
    std::uint32_t allowed = 1;
  };
  std::map<BuildKey, Builds> builds_;
  std::map<NodeName, std::set<BuildKey>> begun_by_;    ///< By this process of its agent.
  std::map<NodeName, std::set<BuildKey>> ordered_of_;  ///< By the assignment on its disk.
  std::map<NodeName, MonoTime> troubled_at_;           ///< When they last said so.
  std::set<NodeName> to_resume_;  ///< Whose "off" was stored when the manager died.
  bool quiet_ = false;
};

}  // namespace hearth::sim
