#include "core/batch/changes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/batch/tables_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;
using testing::VariantWith;

constexpr Instant kNow{MonoTime(1h), WallTime(100s)};
constexpr Epoch kEpoch{1};
const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");

InstanceId id(std::uint64_t number) {
  return make_instance_id(kApp, number);
}

/// A workload on two nodes, within a step.
struct Scene : TablesScene {
  Scene() : TablesScene(41) {
    for (const NodeName& name : {kA, kB}) {
      (void)fleet.add({.name = name, .state = NodeState::kLive}, kNow.mono);
      capacity.add_node(name);
      (void)capacity.set_eligibility(
          name, Eligibility({.state = NodeState::kLive, .has_report = true}, kEpoch));
    }
    (void)workloads.deploy({kApp, {.bundle = *Digest::parse("sha256:" + std::string(64, 'a'))}},
                           kNow.wall);
    changes.begin(kNow);
  }

  void add(std::uint64_t number, std::optional<NodeName> node = std::nullopt) {
    Instance instance{.id = id(number), .workload = kApp, .generation = {1}};
    instance.node = std::move(node);
    instance.status.state = instance.node ? InstanceState::kAssigned : InstanceState::kPending;
    changes.on(instances.add(std::move(instance)));
  }
  void set_builder(const std::optional<NodeName>& node) {
    (void)workloads.set_builder(kApp, node);
    changes.on_workload_changed(kApp);
  }
  /// Ends the step as its owner does.
  ManagerBatch end_step() {
    (void)changes.take_room_changed();
    (void)changes.take_work_due();
    (void)changes.take_warm_images_due();
    (void)changes.take_assignments_due();
    ManagerBatch batch = changes.take_batch(fleet);
    changes.begin(kNow);
    return batch;
  }

  Fleet fleet{{.liveness = settings_of(LivenessProfile::kDefault), .recovery = {}}};
};

TEST(Changes, WritesRecordsFirstByKindAndThenEventsInTheirOrder) {
  Scene scene;
  scene.changes.on_event({EventType::kBusSeeing, "manager", "first"});
  scene.add(1, kA);
  scene.changes.on_workload_changed(kApp);
  scene.fleet.mark_changed(kB);
  EXPECT_THAT(
      scene.end_step().writes,
      ElementsAre(VariantWith<PutNode>(testing::_), VariantWith<PutWorkload>(testing::_),
                  VariantWith<PutInstance>(testing::_), VariantWith<AppendEvent>(testing::_),
                  VariantWith<AppendEvent>(testing::_), VariantWith<AppendHistory>(testing::_)));
  const ManagerBatch next = scene.end_step();
  EXPECT_THAT(next.writes, IsEmpty());
  EXPECT_THAT(next.actions, IsEmpty());
}

TEST(Changes, AnEventGetsTheNextNumberAndIsWrittenAndPublished) {
  Scene scene;
  scene.changes.on_event({EventType::kBusSeeing, "manager", "it carries"});
  scene.changes.on_event({EventType::kBusBlind, "manager", "it does not"});
  EXPECT_EQ(scene.changes.last_event_seq(), 43U);
  const ManagerBatch batch = scene.end_step();
  ASSERT_THAT(batch.writes, SizeIs(2));
  ASSERT_THAT(batch.actions, SizeIs(2));
  const auto& written = std::get<AppendEvent>(batch.writes.front()).event;
  EXPECT_EQ(written, (ClusterEvent{42, kNow.wall, EventType::kBusSeeing, "manager", "it carries"}));
  EXPECT_EQ(std::get<PublishEvent>(batch.actions.front()).event, written);
  EXPECT_EQ(std::get<AppendEvent>(batch.writes.back()).event.seq, 43U);
}

TEST(Changes, ARecordThatChangesTwiceIsWrittenOnceInItsFinalState) {
  Scene scene;
  scene.add(1, kA);
  scene.changes.on(scene.instances.stop(id(1)));
  const ManagerBatch batch = scene.end_step();
  const auto puts = std::count_if(batch.writes.begin(), batch.writes.end(), [](const Write& write) {
    return std::holds_alternative<PutInstance>(write);
  });
  EXPECT_EQ(puts, 1);
  EXPECT_EQ(std::get<PutInstance>(batch.writes.front()).instance.desired_state,
            DesiredState::kStop);

  scene.changes.on(scene.instances.forget(id(1)));
  EXPECT_EQ(std::get<DeleteInstance>(scene.end_step().writes.front()).id, id(1));
}

TEST(Changes, AnInstanceThatMovedMarksItsWorkloadAndItsNode) {
  Scene scene;
  scene.add(1, kA);
  EXPECT_THAT(scene.changes.take_work_due(), ElementsAre(kApp));
  EXPECT_THAT(scene.changes.take_assignments_due(), ElementsAre(kA));
  EXPECT_FALSE(scene.changes.has_room_changed());

  const InstanceStatus running{.state = InstanceState::kRunning, .container = {"c1"}};
  scene.changes.on(*scene.instances.report(id(1), running, kNow.wall));
  EXPECT_THAT(scene.changes.take_work_due(), ElementsAre(kApp)) << "its successor may follow";
  EXPECT_THAT(scene.changes.take_assignments_due(), IsEmpty()) << "its assignment is the same";
}

TEST(Changes, AnotherReasonToWaitIsWrittenAndNothingElse) {
  Scene scene;
  scene.add(1);
  (void)scene.end_step();
  scene.changes.on(*scene.instances.note_waiting(id(1), "no node has room"));
  EXPECT_FALSE(scene.changes.has_work_due()) << "it would be placed again, and wait again";
  EXPECT_THAT(scene.end_step().writes, ElementsAre(VariantWith<PutInstance>(testing::_)));
}

TEST(Changes, AStoppedInstanceReleasesItsRoom) {
  Scene scene;
  scene.add(1, kA);
  scene.add(2);
  (void)scene.end_step();
  scene.changes.on(scene.instances.stop(id(2)));
  EXPECT_FALSE(scene.changes.has_room_changed()) << "it took none";
  scene.changes.on(scene.instances.stop(id(1)));
  EXPECT_TRUE(scene.changes.take_room_changed());
  scene.changes.on(scene.instances.stop(id(1)));
  EXPECT_FALSE(scene.changes.has_room_changed()) << "it was released before";
}

// Goal: two builds at a time do not share a node while another one is idle.
TEST(Changes, ABuildCountsAsWorkOfItsNodeAndMovesToTheNextOne) {
  Scene scene;
  const PlacementRequest next{.workload = *WorkloadName::parse("other"), .resources = {}};
  ASSERT_EQ(scene.capacity.choose(next), kA);
  scene.set_builder(kA);
  EXPECT_EQ(scene.capacity.choose(next), kB);
  EXPECT_THAT(scene.changes.take_assignments_due(), ElementsAre(kA));
  scene.set_builder(kB);
  EXPECT_EQ(scene.capacity.choose(next), kA);
  EXPECT_THAT(scene.changes.take_assignments_due(), ElementsAre(kA, kB)) << "both are assigned";
  EXPECT_THAT(scene.builds.orders_of(kB), ElementsAre(kApp));
  EXPECT_THAT(scene.end_step().writes, ElementsAre(VariantWith<PutWorkload>(testing::_)));
}

TEST(Changes, ARemovedWorkloadIsStoredAsRemoved) {
  Scene scene;
  scene.set_builder(kA);
  (void)scene.workloads.remove(kApp);
  scene.workloads.retire(kApp);
  scene.changes.on_workload_changed(kApp);
  EXPECT_THAT(scene.builds.orders_of(kA), IsEmpty());
  const ManagerBatch batch = scene.end_step();
  EXPECT_EQ(std::get<PutWorkload>(batch.writes.front()).workload.phase, WorkloadPhase::kRemoved);
}

TEST(ChangesDeathTest, AStepThatWasNotEndedAborts) {
  Scene scene;
  scene.changes.reconcile(kApp);
  EXPECT_DEATH(scene.changes.begin(kNow), "check failed");
}

// Goal: whatever is done to instances in whatever order within steps, a step writes each record
// that changed once and no other, so that a store of the writes equals the state; and the derived
// tables equal those built from scratch.
RC_GTEST_PROP(ChangesProperties, OneWriteForEachRecordThatChanged, ()) {
  Scene scene;
  std::map<InstanceId, Instance> store;
  std::uint64_t next = 1;
  const int steps = *rc::gen::inRange(1, 15);
  for (int step = 0; step < steps; ++step) {
    const int calls = *rc::gen::inRange(0, 6);
    for (int call = 0; call < calls; ++call) {
      const InstanceId one = id(*rc::gen::inRange<std::uint64_t>(1, next + 1));
      const Instance* instance = scene.instances.find(one);
      const NodeName node = *rc::gen::element(kA, kB);
      switch (*rc::gen::inRange(0, 5)) {
        case 0:
          scene.add(next++, *rc::gen::arbitrary<bool>() ? std::optional(node) : std::nullopt);
          break;
        case 1:
          if (instance == nullptr || instance->node) break;
          scene.changes.on(scene.instances.place(one, node, kNow.wall));
          break;
        case 2:
          if (instance != nullptr) scene.changes.on(scene.instances.stop(one));
          break;
        case 3:
          if (instance == nullptr || !instance->node) break;
          if (const auto lost = scene.instances.lose(one, kNow.wall)) scene.changes.on(*lost);
          break;
        default:
          if (instance != nullptr) scene.changes.on(scene.instances.forget(one));
      }
    }
    std::set<InstanceId> written;
    for (const Write& write : scene.end_step().writes) {
      if (const auto* put = std::get_if<PutInstance>(&write)) {
        RC_ASSERT(written.insert(put->instance.id).second);
        store.insert_or_assign(put->instance.id, put->instance);
      } else if (const auto* gone = std::get_if<DeleteInstance>(&write)) {
        RC_ASSERT(written.insert(gone->id).second);
        store.erase(gone->id);
      }
    }
    RC_ASSERT(store == scene.instances.rows());
    CapacityTable anew;
    for (const NodeName& node : {kA, kB}) {
      anew.add_node(node);
      (void)anew.set_eligibility(node, scene.capacity.eligibility(node));
    }
    for (const auto& [one, instance] : store) anew.follow(nullptr, &instance);
    RC_ASSERT(anew == scene.capacity);
  }
}

}  // namespace
}  // namespace hearth::core
