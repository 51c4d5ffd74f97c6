#pragma once

#include <chrono>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "core/batch/tables_scene.h"
#include "core/releases/release_executor.h"
#include "core/work/work_executor.h"

namespace hearth::core {

inline constexpr Instant kNow{MonoTime(std::chrono::hours(1)), WallTime(std::chrono::seconds(100))};
inline constexpr Epoch kEpoch{1};
inline const WorkloadName kApp = *WorkloadName::parse("app");
inline const WorkloadName kOther = *WorkloadName::parse("other");
inline const NodeName kA = *NodeName::parse("a");
inline const NodeName kB = *NodeName::parse("b");
inline const NodeName kC = *NodeName::parse("c");

inline Digest bundle(char letter) {
  return *Digest::parse("sha256:" + std::string(64, letter));
}

inline WorkloadSpec spec(std::uint32_t instances, char letter = 'a', std::uint32_t cpu_millis = 0) {
  return {.instances = instances,
          .bundle = bundle(letter),
          .instance = {.container = {.resources = {.cpu_millis = cpu_millis}}}};
}

/// For tests: three live nodes with a core each, and all the parts that work consists of.
struct WorkScene : TablesScene {
  WorkScene() {
    for (const NodeName& name : {kA, kB, kC}) {
      (void)fleet.add({.name = name, .state = NodeState::kLive}, kNow.mono);
      capacity.add_node(name);
      capacity.set_capacity(name, {.cpu_millis = 1000});
      rate(name, NodeState::kLive);
    }
    changes.begin(kNow);
  }

  /// One step of work on what is marked. Returns the step's writes.
  std::vector<Write> work() {
    WorkExecutor executor({.fleet = fleet,
                           .workloads = workloads,
                           .instances = instances,
                           .warm_images = warm_images,
                           .builds = builds,
                           .build_watch = build_watch,
                           .capacity = capacity,
                           .starts = starts,
                           .dependents = dependents,
                           .budget = budget,
                           .waits = waits,
                           .backlog = backlog,
                           .changes = changes},
                          now);
    executor.find_builders();
    ReleaseExecutor({.workloads = workloads, .changes = changes})
        .review_starts(starts, fleet, now.mono);
    changes.reconcile(waits.on_tick(now.mono));
    executor.reconcile_work();
    assigned = changes.take_assignments_due();
    ManagerBatch batch = changes.take_batch(fleet);
    events.clear();
    for (const Write& write : batch.writes) {
      if (const auto* append = std::get_if<AppendEvent>(&write)) events.push_back(append->event);
    }
    changes.begin(now);
    check_invariants();
    return std::move(batch.writes);
  }
  void check_invariants() const {
    TablesScene::check_invariants();
    warm_images.check_invariants();
  }

  void deploy(const WorkloadSpec& wanted, const WorkloadName& name = kApp) {
    const Result<Deployment> deployment = workloads.deploy({name, wanted}, now.wall);
    if (!deployment) return;
    changes.on_workload_changed(name);
    changes.reconcile(name);
    if (deployment->image) built(name);
  }
  void built(const WorkloadName& name = kApp) {
    const Generation generation = workloads.workload(name).latest().generation;
    workloads.finish_build(name, {.reference = name.str() + ":" + std::to_string(generation.value),
                                  .archive = bundle('f')});
    changes.on_workload_changed(name);
    changes.reconcile(name);
  }
  /// Deploys, builds and places.
  void run(const WorkloadSpec& wanted, const WorkloadName& name = kApp) {
    deploy(wanted, name);
    if (workloads.workload(name).phase == WorkloadPhase::kBuilding) built(name);
    (void)work();
    settle();
  }
  /// Every live node follows its assignment until nothing is left to do.
  void settle() {
    for (int round = 0; round < 20; ++round) {
      for (const NodeName& node : {kA, kB, kC}) {
        if (fleet.state_of(node) == NodeState::kLive) obey(node);
      }
      (void)work();
    }
  }
  void obey(const NodeName& node) {
    const std::set<InstanceId> there = instances.on_node(node);
    for (const InstanceId& id : there) {
      const Instance& instance = instances.instance(id);
      if (instance.desired_state == DesiredState::kStop) {
        changes.on(instances.forget(id));
        continue;
      }
      const bool runs = instance.desired_state == DesiredState::kRun;
      report(id, runs ? InstanceState::kRunning : InstanceState::kStaged);
    }
  }
  void report(const InstanceId& id, InstanceState state) {
    if (const auto change = instances.report(id, {.state = state, .container = {"c"}}, kNow.wall))
      changes.on(*change);
  }

  void rate(const NodeName& node, NodeState state) {
    (void)capacity.set_eligibility(node, Eligibility({.state = state, .has_report = true}, kEpoch));
  }
  /// With all consequences for work.
  void transition_to(const NodeName& node, NodeState state) {
    (void)fleet.node(node).transition_to(state, "", kNow);
    (void)fleet.node(node).take_changed();
    rate(node, state);
    changes.on_room_changed();
    for (const InstanceId& id : instances.on_node(node)) {
      changes.reconcile(instances.instance(id).workload);
      if (state != NodeState::kDead) continue;
      if (const auto lost = instances.lose(id, kNow.wall)) changes.on(*lost);
    }
    for (const WorkloadName& name : warm_images.held_by(node)) changes.review_warm_image(name);
  }

  const Instance& instance(std::uint64_t number, const WorkloadName& name = kApp) const {
    return instances.instance(make_instance_id(name, number));
  }
  std::size_t count(const WorkloadName& name = kApp) const {
    return instances.of_workload(name).size();
  }

  /// Whether port 80 of each node is published by one instance at most.
  bool port_has_one_holder() const {
    std::set<NodeName> held;
    for (const auto& [id, one] : instances.rows()) {
      const Release* release = workloads.workload(one.workload).find_release(one.generation);
      if (!one.node || release->spec.instance.container.ports.empty()) continue;
      if (!held.insert(*one.node).second) return false;
    }
    return true;
  }

  Fleet fleet{{.liveness = settings_of(LivenessProfile::kDefault), .recovery = {}}};
  WarmImages warm_images;
  ReplacementBudget budget;
  MoveBacklog backlog;
  std::set<NodeName> assigned;
  std::vector<ClusterEvent> events;
  Instant now = kNow;
};

}  // namespace hearth::core
