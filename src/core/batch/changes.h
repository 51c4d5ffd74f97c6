#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "core/batch/batch.h"
#include "core/builds/build_board.h"
#include "core/builds/build_watch.h"
#include "core/dependencies/dependency_watch.h"
#include "core/dependencies/dependents.h"
#include "core/events/event_draft.h"
#include "core/fleet/fleet.h"
#include "core/history/workload_conditions.h"
#include "core/instances/instance_table.h"
#include "core/placement/capacity_table.h"
#include "core/rollout/start_watch.h"
#include "core/workloads/workload_catalog.h"

namespace hearth::core {

/// What one step has changed: what must be examined again within the step, and the batch that
/// results at its end.
///
/// The only way from a change to its consequences: the derived tables, the record to write, the
/// events, the history, the marks. A record is written once, as it is at the end of the step.
/// Sans-io, not thread-safe.
class Changes {
 public:
  struct Tables {
    const InstanceTable& instances;
    const WorkloadCatalog& workloads;
    CapacityTable& capacity;
    StartWatch& starts;
    BuildBoard& builds;
    BuildWatch& build_watch;
    Dependents& dependents;
    DependencyWatch& waits;
  };
  /// `last_event_seq`: the number of the latest event. The tables outlive this.
  Changes(Tables tables, std::uint64_t last_event_seq)
      : tables_(tables),
        event_seq_(last_event_seq),
        conditions_(tables.workloads, tables.instances) {}

  /// Begins a step.
  void begin(Instant now);

  // What happened.
  void on(const InstanceChange& change);
  /// The workload's record or its builder changed.
  void on_workload_changed(const WorkloadName& name);
  /// Its instances were restarted: what asks for it is restarted with it.
  void on_restarted(const WorkloadName& name);
  /// It gets fresh instances: no restart for the sake of a dependency is due.
  void on_release_begun(const WorkloadName& name) { tables_.waits.end_restart(name); }
  void on_epoch(Epoch epoch) { writes_.emplace_back(PutEpoch{epoch}); }
  void on_event(const EventDraft& draft);
  void on_history(HistoryEntry entry) { writes_.emplace_back(AppendHistory{std::move(entry)}); }
  void emit(ManagerAction action) { actions_.push_back(std::move(action)); }

  // What must be examined again.
  void reconcile(const WorkloadName& name) { mark(work_due_, name); }
  /// A node was added or removed, has more room, or its eligibility changed: pending work may fit.
  void on_room_changed() { room_changed_ = true; }
  void reconcile(const std::set<WorkloadName>& names) {
    for (const WorkloadName& name : names) reconcile(name);
  }
  void review_warm_image(const WorkloadName& name) { mark(warm_images_due_, name); }
  void assign(const NodeName& node) { mark(assignments_due_, node); }
  void assign(const std::set<NodeName>& nodes) {
    for (const NodeName& node : nodes) assign(node);
  }

  bool has_changed_workloads() const { return !workloads_.empty(); }
  bool has_room_changed() const { return room_changed_; }
  bool has_work_due() const { return room_changed_ || !work_due_.empty(); }
  bool take_room_changed() { return std::exchange(room_changed_, false); }
  std::set<WorkloadName> take_work_due() { return std::exchange(work_due_, {}); }
  std::set<WorkloadName> take_warm_images_due() { return std::exchange(warm_images_due_, {}); }
  std::set<NodeName> take_assignments_due() { return std::exchange(assignments_due_, {}); }

  /// The batch: records first, by kind and name, then events in their order.
  ManagerBatch take_batch(Fleet& fleet);

  std::uint64_t last_event_seq() const { return event_seq_; }
  /// Entries marked since the step began: the work of a step must not grow with the cluster.
  std::size_t marked() const { return marked_; }
  const WorkloadConditions& conditions() const { return conditions_; }

 private:
  template <class Key>
  void mark(std::set<Key>& due, const Key& key) {
    if (due.insert(key).second) ++marked_;
  }
  const Release& release_of(const Instance& instance) const;
  void note_history(const InstanceChange& change);
  void review_conditions();
  bool is_empty() const;

  Tables tables_;
  std::uint64_t event_seq_;
  Instant now_;
  std::vector<Write> writes_;
  std::vector<ManagerAction> actions_;
  std::set<WorkloadName> workloads_;
  std::set<InstanceId> instances_;
  WorkloadConditions conditions_;
  std::map<WorkloadName, std::string> causes_;  ///< Workloads whose condition may have changed.
  std::set<WorkloadName> work_due_;
  std::set<WorkloadName> warm_images_due_;
  std::set<NodeName> assignments_due_;
  bool room_changed_ = false;
  std::size_t marked_ = 0;
};

}  // namespace hearth::core
