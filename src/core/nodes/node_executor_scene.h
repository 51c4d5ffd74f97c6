#pragma once

#include <algorithm>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "base/check.h"
#include "core/batch/tables_scene.h"
#include "core/nodes/node_executor.h"

namespace hearth::core {

/// What one step or several have caused: the batch, and what must be examined again.
struct Effects {
  std::vector<Write> writes;
  std::vector<ManagerAction> actions;
  std::set<WorkloadName> work;
  std::set<WorkloadName> warm_images;
  std::set<NodeName> assigned;
  int rooms_changed = 0;  ///< In how many steps.
  std::size_t tended = 0;

  void add(Effects other) {
    std::move(other.writes.begin(), other.writes.end(), std::back_inserter(writes));
    std::move(other.actions.begin(), other.actions.end(), std::back_inserter(actions));
    work.merge(other.work);
    warm_images.merge(other.warm_images);
    assigned.merge(other.assigned);
    rooms_changed += other.rooms_changed;
    tended += other.tended;
  }
  bool is_nothing() const {
    return writes.empty() && actions.empty() && work.empty() && warm_images.empty() &&
           assigned.empty() && rooms_changed == 0;
  }
  template <class One, class All>
  static std::vector<One> only(const std::vector<All>& all) {
    std::vector<One> found;
    for (const All& one : all) {
      if (const auto* wanted = std::get_if<One>(&one)) found.push_back(*wanted);
    }
    return found;
  }
  template <class Action>
  std::vector<Action> emitted() const {
    return only<Action>(actions);
  }
  template <class Record>
  std::vector<Record> written() const {
    return only<Record>(writes);
  }
  std::vector<EventType> events() const {
    std::vector<EventType> types;
    for (const AppendEvent& one : written<AppendEvent>()) types.push_back(one.event.type);
    return types;
  }
};

/// For tests: a node executor and the parts that it works on. Nodes a and b have been imported and
/// have a power driver; they report what the test lets them report, and answer no dial unless the
/// test does so. Placing, building and publishing assignments are up to the test.
struct NodeExecutorScene : TablesScene {
  using Way = NodeExecutor::Way;

  explicit NodeExecutorScene(LivenessProfile profile = LivenessProfile::kDefault)
      : settings{.liveness = settings_of(profile),
                 .recovery = {},
                 .with_power = {},
                 .power_by_default = true},
        fleet(settings) {
    fleet.on_bus_restored(now);
    for (const NodeName& name : {node("a"), node("b")}) {
      step([&](NodeExecutor& nodes) { nodes.add(entry(name)); });
      assign(name);
    }
  }

  static NodeName node(const char* name) { return *NodeName::parse(name); }
  static NodeEntry entry(const NodeName& name) {
    return {.name = name, .display_name = name.str(), .agent = {"10.0.0.1", 7701}};
  }
  static Digest bundle(char letter) { return *Digest::parse("sha256:" + std::string(64, letter)); }
  Instant instant() const { return {now, WallTime(std::chrono::seconds(100))}; }

  // Steps. Each sets `last`.

  template <class Call>
  void step(const Call& call) {
    changes.begin(instant());
    NodeExecutor nodes({.epoch = epoch,
                        .recovery_attempts_max = settings.recovery.attempts_max,
                        .fleet = fleet,
                        .assignments = assignments,
                        .workloads = workloads,
                        .instances = instances,
                        .warm_images = warm_images,
                        .capacity = capacity,
                        .build_watch = build_watch,
                        .changes = changes},
                       instant());
    call(nodes);
    last = take_effects();
    last.tended = nodes.tended();
    check_invariants();
  }
  /// False if it is stale.
  bool receive(const NodeName& name, const Heartbeat& heartbeat, Way way = Way::kBus) {
    bool admitted = false;
    step([&](NodeExecutor& nodes) {
      admitted = nodes.receive(fleet.node(name), heartbeat, now, way);
    });
    return admitted;
  }
  void answer_dial(const NodeName& name, DialOutcome outcome) {
    step([&](NodeExecutor& nodes) { nodes.on_dialled(fleet.node(name), dials[name], outcome); });
  }
  void switched(const NodeName& name, PowerVerb verb, const Result<void>& outcome = {}) {
    step([&](NodeExecutor& nodes) { nodes.on_switched(fleet.node(name), verb, outcome); });
  }
  void tend_due() {
    step([](NodeExecutor& nodes) { nodes.tend_due(); });
  }
  void settle_all() {
    step([](NodeExecutor& nodes) { nodes.settle_all(); });
  }
  /// Lets time pass, and tends what is due.
  void pass(Duration duration) {
    constexpr int kTurnsMax = 10'000;
    const MonoTime end = now + duration;
    Effects all;
    for (int turn = 0;; ++turn) {
      HEARTH_CHECK(turn < kTurnsMax);  // What is due is never done.
      const std::optional<MonoTime> next = fleet.next_deadline();
      if (!next || *next > end) break;
      now = std::max(now, *next);
      tend_due();
      all.add(last);
    }
    now = end;
    last = std::move(all);
  }

  // What nodes report.

  /// The next heartbeat of a node whose agent follows its latest assignment.
  Heartbeat beat(const NodeName& name, std::optional<Report> report = std::nullopt) {
    return {.incarnation = {"boot-1", 1},
            .seq = ++seq,
            .applied = assignments.record(name).assigned(),
            .report = std::move(report)};
  }
  static Report report_of(const InstanceId& id, InstanceState state) {
    Report report;
    report.instances[id] = {.state = state, .container = {"c1"}};
    return report;
  }
  void live(const NodeName& name) { receive(name, beat(name, Report{})); }
  /// Was live, and answers dials alone.
  void unreachable(const NodeName& name) {
    live(name);
    pass(settings.liveness.dead_after);
    answer_dial(name, DialOutcome::kAnswered);
  }
  /// Was live, and has been silent for long enough.
  void dead(const NodeName& name) {
    live(name);
    pass(settings.liveness.dead_after_unconfirmed);
  }

  // The work.

  /// Has a release, but no instances.
  void run(const WorkloadName& name) {
    order_build(name, std::nullopt);
    workloads.finish_build(name, {.reference = name.str() + ":1", .archive = bundle('f')});
    changes.on_workload_changed(name);
    (void)take_effects();
  }
  void order_build(const WorkloadName& name, const std::optional<NodeName>& builder,
                   char letter = 'a') {
    if (!workloads.deploy({name, {.instances = 1, .bundle = bundle(letter)}}, instant().wall))
      return;
    (void)workloads.set_builder(name, builder);
    changes.on_workload_changed(name);
    (void)take_effects();
  }
  InstanceId place(const WorkloadName& name, const NodeName& on) {
    if (workloads.find(name) == nullptr) run(name);
    const InstanceId id = make_instance_id(name, workloads.take_instance_number(name));
    changes.on(instances.add(
        {.id = id,
         .workload = name,
         .generation = {1},
         .node = on,
         .status = {.state = InstanceState::kRunning, .container = {"c1"}, .reason = ""}}));
    (void)take_effects();
    return id;
  }
  void stop(const InstanceId& id) {
    changes.on(instances.stop(id));
    (void)take_effects();
  }
  /// Gives the node another assignment.
  void assign(const NodeName& name) {
    const Duration different = std::chrono::milliseconds(100) + Duration(++assignments_made);
    (void)assignments.publish({.node = name, .heartbeat_interval = different}, now);
    step([&](NodeExecutor& nodes) { nodes.settle(fleet.node(name)); });
  }
  /// A node that an earlier manager left as it is.
  void enter(const Node& node) {
    NodeWatch& watch = fleet.add(node, now);
    assignments.add_node(node.name);
    capacity.add_node(node.name);
    (void)capacity.set_eligibility(node.name, eligibility_of(watch, assignments, epoch));
    step([&](NodeExecutor& nodes) { nodes.settle(watch); });
  }

  // The results.

  NodeState state(const NodeName& name) const { return fleet.state_of(name); }
  std::string obstacle(const NodeName& name) const { return capacity.eligibility(name).words(); }
  InstanceState state(const InstanceId& id) const { return instances.instance(id).status.state; }

  void check_invariants() const {
    TablesScene::check_invariants();
    fleet.check_invariants();
    assignments.check_invariants();
  }

  Epoch epoch{3};
  FleetSettings settings;
  MonoTime now{std::chrono::hours(1)};
  Fleet fleet;
  AssignmentLedger assignments{epoch};
  WarmImages warm_images;
  Effects last;
  std::uint64_t seq = 0;
  int assignments_made = 0;
  std::map<NodeName, std::uint64_t> dials;  ///< The number of each node's latest dial.

 private:
  Effects take_effects() {
    Effects effects{.work = changes.take_work_due(),
                    .warm_images = changes.take_warm_images_due(),
                    .assigned = changes.take_assignments_due(),
                    .rooms_changed = changes.take_room_changed() ? 1 : 0};
    ManagerBatch batch = changes.take_batch(fleet);
    effects.writes = std::move(batch.writes);
    effects.actions = std::move(batch.actions);
    for (const Dial& dial : effects.emitted<Dial>()) dials[dial.node] = dial.dial;
    return effects;
  }
};

}  // namespace hearth::core
