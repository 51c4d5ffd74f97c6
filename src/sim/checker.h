#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "core/manager/messages.h"
#include "model/assignment.h"
#include "model/heartbeat.h"
#include "sim/store.h"
#include "sim/world.h"

namespace hearth::sim {

/// Watches everything that the manager and the agents decide, and holds it against what is really
/// so. What must never happen is a safety property; each has a name under which a violation is
/// reported:
///
///   dead-though-well         a node that lives and can be heard and dialled is not judged dead
///   blind-judges-nobody      while the bus does not carry, no node's state gets worse
///   power-off-only-dead      power is switched only where verdict and phase are stored, and never
///                            off while blind or where the node has long been well
///   stored-before-told       an assignment names only what the store has, as it has it
///   wish-goes-forward        what is published, stored by an agent, and applied never goes back
///   spares-the-wanted        an agent that can read what is wanted stops nothing of it
///   one-container            no two containers of one instance run on a node
///   built-once               one build per generation, unless something broke in between
///   instance-ids-are-new     an id is never used twice
///   quiet                    where nothing is to be done, nothing is written and nothing sent
class Checker {
 public:
  /// What is really so.
  struct Truth {
    /// The node lives, and bus, dial and manager work for it.
    std::function<bool(const NodeName&)> is_well;
    std::function<bool()> bus_carries;  ///< For the manager.
    std::function<bool()> manager_works;
    /// The instances of which more than one container runs on the node while its agent could act.
    std::function<std::set<InstanceId>(const NodeName&)> doubled;
  };

  Checker(World& world, const SimStore& store, Truth truth);

  void begin(std::set<NodeName> nodes);
  void on_batch(const core::ManagerBatch& batch);
  void on_action(const core::ManagerAction& action);
  void on_status(const NodeName& node, const Heartbeat& heartbeat);
  void on_saved(const NodeName& node, const Assignment& assignment);
  /// An agent stops the only container of an instance that runs. `newest`: what its topic says.
  void on_last_stopped(const Assignment& newest, const InstanceId& instance);
  void on_build_begins(const NodeName& node, const BuildOrder& order);
  void on_build_ends(const NodeName& node, const BuildOrder& order, const Result<Digest>& outcome);
  /// The manager died: the next one tells the drivers what was stored, blind or not.
  void on_manager_crash();
  /// Something broke that may make builds run twice.
  void excuse_builds() { builds_begun_.clear(); }
  /// The node's disk was lost: it may begin again.
  void forget_node(const NodeName& node);
  void expect_quiet(bool quiet) { quiet_ = quiet; }
  /// How long two containers of one instance may run beside each other.
  void allow_double_for(Duration duration) { double_max_ = duration; }

 private:
  void sweep();
  void check_write(const Write& write);
  void note_builder(const Workload& workload);
  void check_verdict(const Node& node);
  void check(const core::PublishAssignment& action);
  void check(const core::SwitchPower& action);
  bool is_blind_for(Duration duration) const;
  bool is_well_for(const NodeName& node, Duration duration) const;

  World& world_;
  const SimStore& store_;
  Truth truth_;
  std::set<NodeName> nodes_;
  std::map<NodeName, MonoTime> well_since_;
  std::optional<MonoTime> blind_since_;
  std::map<std::pair<NodeName, InstanceId>, MonoTime> double_since_;
  Duration double_max_ = std::chrono::seconds(3);
  std::map<NodeName, WishNumber> published_;
  std::map<NodeName, WishNumber> applied_;
  std::map<NodeName, WishNumber> saved_;
  std::set<InstanceId> ids_used_;
  using BuildKey = std::pair<WorkloadName, Generation>;
  std::set<BuildKey> builds_begun_;
  /// Off a node that was judged dead or in trouble, and may build all the same.
  std::set<BuildKey> builds_moved_;
  std::set<NodeName> troubled_;   ///< By their own last word.
  std::set<NodeName> to_resume_;  ///< Whose "off" was stored when the manager died.
  bool quiet_ = false;
};

}  // namespace hearth::sim
