#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/nodes/node_executor_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

using Scene = NodeExecutorScene;
using Way = NodeExecutor::Way;

const NodeName kA = Scene::node("a");
const NodeName kB = Scene::node("b");
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kOther = *WorkloadName::parse("other");

Report any_report(const Scene& scene) {
  Report report;
  report.problem = *rc::gen::element<std::string>("", "", "no runtime");
  report.capacity.cpu_millis = *rc::gen::element(500U, 1000U);
  if (*rc::gen::arbitrary<bool>()) report.images = {"hearth/app:1"};
  for (const auto& [id, instance] : scene.instances.rows()) {
    if (*rc::gen::arbitrary<bool>()) continue;
    report.instances[id].state =
        *rc::gen::element(InstanceState::kRunning, InstanceState::kBackoff);
  }
  for (const auto& [name, workload] : scene.workloads.rows()) {
    report.builds.push_back(
        {.workload = name,
         .generation = {*rc::gen::inRange<std::uint64_t>(1, 4)},
         .state = *rc::gen::element(BuildState::kRunning, BuildState::kDone, BuildState::kFailed),
         .archive = std::nullopt});
  }
  return report;
}

Heartbeat any_heartbeat(Scene& scene, const NodeName& name) {
  Heartbeat heartbeat = scene.beat(name);
  heartbeat.incarnation.boot_id = *rc::gen::element<std::string>("boot-1", "boot-2", "boot-3");
  heartbeat.incarnation.start_count = *rc::gen::inRange(1U, 3U);
  if (*rc::gen::inRange(0, 8) == 0) heartbeat.incarnation = {};
  if (*rc::gen::inRange(0, 4) == 0) heartbeat.seq = *rc::gen::inRange<std::uint64_t>(1, 20);
  heartbeat.sent_at = scene.now - *rc::gen::element(0, 0, 2500) * 1ms;
  heartbeat.applied.epoch = *rc::gen::element(scene.epoch, scene.epoch, scene.epoch.next());
  if (*rc::gen::inRange(0, 4) == 0) heartbeat.load.memory = 990;
  if (*rc::gen::arbitrary<bool>()) heartbeat.report = any_report(scene);
  return heartbeat;
}

void change_work(Scene& scene, const NodeName& name) {
  const WorkloadName workload = *rc::gen::element(kApp, kOther);
  switch (*rc::gen::inRange(0, 4)) {
    case 0: return scene.order_build(workload, name, *rc::gen::element('a', 'b'));
    case 1:
      if (scene.state(name) != NodeState::kDead) (void)scene.place(workload, name);
      return;
    case 2:
      if (!scene.instances.rows().empty()) scene.stop(scene.instances.rows().begin()->first);
      return;
    default: return scene.assign(name);
  }
}

void change_bus(Scene& scene) {
  switch (*rc::gen::inRange(0, 3)) {
    case 0: scene.fleet.on_bus_lost(); break;
    case 1: scene.fleet.on_bus_restored(scene.now); break;
    default: scene.fleet.on_stall(1s, scene.now);
  }
  scene.settle_all();
}

void let_anything_happen(Scene& scene) {
  const NodeName name = *rc::gen::element(kA, kB);
  switch (*rc::gen::inRange(0, 10)) {
    case 0: return scene.pass(*rc::gen::inRange(0, 5000) * 1ms);
    case 1:
      return scene.answer_dial(name,
                               *rc::gen::element(DialOutcome::kAnswered, DialOutcome::kRefused,
                                                 DialOutcome::kNoAnswer, DialOutcome::kNotAsked));
    case 2:
      return scene.switched(name, *rc::gen::element(PowerVerb::kOff, PowerVerb::kOn),
                            *rc::gen::arbitrary<bool>()
                                ? Result<void>{}
                                : fail(ErrorCode::kFailed, "it does not answer"));
    case 3: return change_bus(scene);
    case 4:
    case 5: return change_work(scene, name);
    default:
      scene.receive(name, any_heartbeat(scene, name), *rc::gen::element(Way::kBus, Way::kHttp));
  }
}

/// The table that follows from the nodes and the work, built from scratch.
CapacityTable capacity_of(const Scene& scene) {
  CapacityTable capacity;
  for (const auto& [name, watch] : scene.fleet.watches()) {
    capacity.add_node(name);
    (void)capacity.set_eligibility(name, eligibility_of(watch, scene.assignments, scene.epoch));
    capacity.set_capacity(name, watch.node().capacity);
    capacity.set_load(name, watch.load());
    if (watch.report()) capacity.set_images(name, watch.report()->images);
  }
  for (const auto& [id, instance] : scene.instances.rows()) capacity.follow(nullptr, &instance);
  for (const auto& [name, workload] : scene.workloads.rows()) {
    if (workload.build_node) capacity.add_build(*workload.build_node);
  }
  return capacity;
}

// Goal: whatever is received and whatever happens, in any order, no part contradicts another (the
// scene checks the parts themselves after every step). The capacity table is up to date, above all
// in which nodes are eligible; what was on a dead node is lost; what is due has been done.
RC_GTEST_PROP(NodeExecutorProperties, NoPartContradictsAnother, ()) {
  Scene scene;
  const int length = *rc::gen::inRange(1, 40);
  for (int i = 0; i < length; ++i) {
    let_anything_happen(scene);
    scene.tend_due();
    const std::optional<MonoTime> next = scene.fleet.next_deadline();
    if (next) RC_ASSERT(*next > scene.now);
    for (const auto& [name, watch] : scene.fleet.watches()) {
      RC_ASSERT(scene.capacity.eligibility(name) ==
                eligibility_of(watch, scene.assignments, scene.epoch));
      if (watch.node().state != NodeState::kDead) continue;
      for (const InstanceId& id : scene.instances.on_node(name)) {
        const Instance& instance = scene.instances.instance(id);
        RC_ASSERT((instance.desired_state == DesiredState::kStop ||
                   instance.status.state == InstanceState::kLost));
      }
    }
    RC_ASSERT(scene.capacity == capacity_of(scene));
  }
}

}  // namespace
}  // namespace hearth::core
