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

/// Compares everything that the manager and the agents decide with the actual state of the
/// simulated world. What must never happen is a safety property; a violation is reported under its
/// name:
///
///   dead-though-dialled      a node whose agent answers dials is not declared dead
///   dead-though-received     nor is one whose heartbeats arrive, whether dialled or not
///   blind-judges-nobody      no node's state gets worse while the bus does not carry, nor after
///                            that before the node has been silent for long enough
///   power-off-only-dead      power is switched only if the verdict and phase are stored, and never
///                            off while blind or if the node has long been well
///   stored-before-published  an assignment contains only what is stored, as it is stored
///   assignment-goes-forward  the numbers of assignments that are published, stored by an agent, or
///                            applied never decrease
///   spares-the-wanted        an agent that can read its assignment stops nothing that it contains,
///                            unless the container gave cause: its program failed, or somebody
///                            meddled with it
///   one-container            no two containers of one instance run on a node, except briefly after
///                            its engine did what it reported as failed
///   stopped-only-if-spare    a running instance is not stopped before its replacement runs, or as
///                            many as wanted run without it, or that which it was to replace runs,
///                            or it is the only one to stop of a workload that stops first
///   built-once               one build per generation, and one more for each that failed
///   same-bits                all containers of a generation run the same bits
///   one-holder               no two instances on a node have the same device or published port
///   instance-ids-are-new     an id is never used twice
///   release-fails-by-itself  a release fails only if a container of it crashed, or it could not be
///                            built or started
///   quiet                    when nothing is to be done, nothing is written and nothing sent, but
///                            what operators are notified of and how often something has failed
///
/// Checked elsewhere: what is done to services that fail (service_checker.h), settles and script
/// (story.h), no-busy-loop, one-save and state-reads-back (the restarts of manager and agents).
///
/// They also hold if the manager's disk lost the last commits that it had reported as stored, as
/// long as these only recorded observations (SimStore::lose_last). If it lost others they do not
/// hold:
///
/// Without its epoch the next manager uses the same one again, and agents refuse assignments
/// numbered below those they have; that would take a minimum epoch that is kept on another disk.
/// Without a workload, what was confirmed to an operator is not true (settles), and numbers
/// (instance-ids-are-new) and builds (built-once) are repeated; only a reliable store helps.
/// Without the placement of an instance, or its stop, the instance can be assigned again to the
/// node where its container is just being stopped, and the agent starts a second one
/// (one-container).
class Checker {
 public:
  /// The bits that a container runs.
  struct RunningBits {
    WorkloadName workload;
    Generation generation;
    std::string reference;
    Digest bits;
  };
  /// The actual state of the world.
  struct Truth {
    /// The node is up, and bus, dial and manager work for it.
    std::function<bool(const NodeName&)> is_well;
    /// Its agent answers a dial of the manager.
    std::function<bool(const NodeName&)> can_be_dialled;
    /// Everything that its agent sends reaches the manager at once.
    std::function<bool(const NodeName&)> can_be_received;
    std::function<bool()> bus_carries;        ///< For the manager.
    std::function<MonoTime()> carried_until;  ///< If it does not carry.
    std::function<bool()> manager_works;
    std::function<bool(const InstanceId&)> has_crashed;  ///< A container of it, by its own fault.
    /// The instances with more than one running container on the node while its agent could act.
    std::function<std::set<InstanceId>(const NodeName&)> doubled;
    std::function<std::vector<RunningBits>(const NodeName&)> running;
  };

  Checker(World& world, const StoredState& store, Truth truth);

  void begin(std::set<NodeName> nodes);
  /// Decided, and neither stored nor executed.
  void on_batch(const core::ManagerBatch& batch);
  // About to be sent to the outside world.
  void on_assignment(const Assignment& assignment);
  void on_switch(const NodeName& node, PowerVerb verb);
  void on_status(const NodeName& node, const Heartbeat& heartbeat);
  void on_saved(const NodeName& node, const Assignment& assignment);
  /// An agent stops the only running container of an instance. `newest`: the last assignment of its
  /// topic.
  void on_last_stopped(const Assignment& newest, const InstanceId& instance);
  void on_build_begins(const NodeName& node, const BuildOrder& order);
  void on_build_ends(const NodeName& node, const BuildOrder& order, const Result<Digest>& outcome);
  /// The manager died: the next one repeats the stored switches, blind or not.
  void on_manager_crash();
  /// The node's agent died: it repeats the builds that were in progress or not yet known to be
  /// accepted.
  void on_agent_crash(const NodeName& node);
  /// The node's disk was lost: its numbers can start again.
  void forget_node(const NodeName& node);
  void expect_quiet(bool quiet) { quiet_ = quiet; }
  /// The node's engine does things that it reports as failed.
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
  void check_release(const Workload& workload);
  void check_holders(const std::vector<Write>& writes);
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
  std::map<NodeName, MonoTime> troubled_at_;           ///< When they last reported a problem.
  std::set<NodeName> to_resume_;                       ///< With "off" stored when the manager died.
  bool quiet_ = false;
};

}  // namespace hearth::sim
