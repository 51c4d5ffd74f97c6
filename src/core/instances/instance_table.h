#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/check.h"
#include "base/time.h"
#include "model/instance.h"

namespace hearth::core {

/// What one call did to one instance: the only source of what is stored, published and examined
/// again because of it.
struct InstanceChange {
  std::optional<Instance> before;  ///< nullopt: it is new.
  std::optional<Instance> after;   ///< nullopt: it is forgotten.

  const Instance& either() const {
    HEARTH_CHECK(after || before);
    return after ? *after : *before;
  }
};

/// All instances, by id, by workload and by node, and the only place where one changes.
///
/// Each call that changes something returns the change; its consequences are up to the caller.
/// `instance(id)` is for ids that must exist, `find(id)` for ids from outside. References are valid
/// until the next change. Sans-io, not thread-safe.
class InstanceTable {
 public:
  using Rows = std::map<InstanceId, Instance>;
  struct State {
    std::vector<Instance> rows;
    bool operator==(const State&) const = default;
  };

  InstanceTable() = default;
  explicit InstanceTable(State state);
  State save() const;

  const Rows& rows() const { return rows_; }
  const Instance* find(const InstanceId& id) const;
  const Instance& instance(const InstanceId& id) const;
  /// In the order of their numbers.
  const std::vector<InstanceId>& of_workload(const WorkloadName& workload) const;
  std::vector<const Instance*> rows_of(const WorkloadName& workload) const;
  const std::set<InstanceId>& on_node(const NodeName& node) const;
  /// Instances without a node.
  const std::set<InstanceId>& unplaced() const { return unplaced_; }
  /// Whether `node` has an instance of `workload` that is not to be stopped.
  bool keeps_on(const WorkloadName& workload, const NodeName& node) const;

  /// `instance` must be new, and its number the highest of its workload.
  InstanceChange add(Instance instance);
  /// Gives an unplaced instance its node.
  InstanceChange place(const InstanceId& id, const NodeName& node, WallTime now);
  /// Notes why an unplaced instance has no node; nullopt if nothing changed.
  std::optional<InstanceChange> note_waiting(const InstanceId& id, std::string reason);
  InstanceChange stop(const InstanceId& id);
  /// A staged instance must run.
  InstanceChange promote(const InstanceId& id);
  /// A placed instance must not run, but keep its container.
  InstanceChange hold(const InstanceId& id);
  /// Applies what its node reports; nullopt if nothing changed. A last try that crash-loops has a
  /// reason that says so.
  std::optional<InstanceChange> report(const InstanceId& id, InstanceStatus status, WallTime now);
  /// Its node is dead. nullopt for an instance that must stop: it is not lost.
  std::optional<InstanceChange> lose(const InstanceId& id, WallTime now);
  /// Its node rebooted and its container is gone; nullopt if none was reported.
  std::optional<InstanceChange> await_report(const InstanceId& id, WallTime now);
  InstanceChange forget(const InstanceId& id);

  void check_invariants() const;

 private:
  Instance& row(const InstanceId& id);
  void index(const Instance& instance);

  Rows rows_;
  std::map<WorkloadName, std::vector<InstanceId>> of_workload_;
  std::map<NodeName, std::set<InstanceId>> on_node_;
  std::set<InstanceId> unplaced_;
};

}  // namespace hearth::core
