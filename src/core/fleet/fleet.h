#pragma once

#include <map>
#include <optional>
#include <set>
#include <unordered_map>  // source check: allow order, see by_name_
#include <utility>
#include <vector>

#include "core/node_watch/node_watch.h"
#include "model/settings.h"

namespace hearth::core {

struct FleetSettings {
  LivenessSettings liveness;
  RecoverySettings recovery;
  std::set<NodeName> with_power;  ///< Nodes that have a power driver of their own.
  bool power_by_default = false;  ///< Every other node has one, too.

  bool has_power(const NodeName& node) const {
    return power_by_default || with_power.contains(node);
  }
};

/// All nodes of the cluster, each with its watch, and when each is due next.
///
/// After calling a watch, the caller returns it by `settle()`, which enters its deadline and notes
/// whether its record must be stored. Iterates in the order of names; finding a node costs the same
/// however many there are. Sans-io, not thread-safe.
class Fleet {
 public:
  struct State {
    std::vector<NodeWatch::State> nodes;
    std::set<std::pair<MonoTime, NodeName>> deadlines;
    bool bus_carries = false;
    bool operator==(const State&) const = default;
  };
  using Watches = std::map<NodeName, NodeWatch>;

  explicit Fleet(FleetSettings settings) : settings_(std::move(settings)) {}
  Fleet(FleetSettings settings, State state);
  State save() const;

  NodeWatch& add(Node node, MonoTime now);
  const Watches& watches() const { return watches_; }
  std::size_t size() const { return watches_.size(); }
  /// nullptr: no such node.
  NodeWatch* find(const NodeName& name);
  const NodeWatch* find(const NodeName& name) const;
  NodeWatch& node(const NodeName& name);
  const NodeWatch& node(const NodeName& name) const;
  NodeState state_of(const NodeName& name) const { return node(name).node().state; }

  /// Returns a watch that was called. `others`: when anything else that waits for this node is due.
  ///
  /// An entry that is earlier than necessary stays: an extra look costs less than moving the entry
  /// at each heartbeat. A deadline that is due by now has just been handled.
  void settle(NodeWatch& watch, std::optional<MonoTime> others, MonoTime now);
  /// The nodes that are due, by deadline; they have no deadline until they are settled.
  std::vector<NodeName> take_due(MonoTime now);
  void mark_changed(const NodeName& name) { changed_.insert(name); }
  /// The nodes whose record changed.
  std::set<NodeName> take_changed() { return std::exchange(changed_, {}); }

  std::optional<MonoTime> next_deadline() const;
  /// The watches must be settled after each of the next three.
  void on_stall(Duration lateness, MonoTime now);
  void on_bus_restored(MonoTime now);
  void on_bus_lost();

  void check_invariants() const;

 private:
  WatchSettings watch_settings(const NodeName& node) const;
  NodeWatch& enter(NodeWatch watch);

  FleetSettings settings_;
  bool bus_carries_ = false;
  Watches watches_;
  // source check: allow order, only used to find a node by name, never iterated
  std::unordered_map<std::string, NodeWatch*> by_name_;
  std::set<std::pair<MonoTime, NodeName>> deadlines_;  ///< At most one for each node.
  std::set<NodeName> changed_;
};

}  // namespace hearth::core
