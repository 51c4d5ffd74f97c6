// What waits for what, what is restarted with what, and what is tied to a node: in whole steps.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "core/work/work_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::Contains;
using testing::Field;
using testing::HasSubstr;
using testing::IsEmpty;

const WorkloadName kDb = *WorkloadName::parse("db");

Dependency on_db(Dependency::Until until = Dependency::Until::kReady) {
  return {.workload = kDb, .until = until};
}

class Scene : public WorkScene {
 public:
  static WorkloadSpec after_db(Dependency dependency = on_db(), std::uint32_t instances = 1) {
    WorkloadSpec wanted = spec(instances);
    wanted.after = {std::move(dependency)};
    return wanted;
  }
  /// Deploys and builds; nothing has started yet.
  void offer(const WorkloadSpec& wanted, const WorkloadName& name = kApp) {
    deploy(wanted, name);
    if (workloads.workload(name).phase == WorkloadPhase::kBuilding) built(name);
    (void)work();
  }
  void set(const InstanceId& id, InstanceState state, Health health = Health::kUnknown,
           std::uint32_t failures = 0) {
    const InstanceStatus status{
        .state = state, .container = {"c"}, .failures = failures, .health = health};
    if (const auto change = instances.report(id, status, kNow.wall)) changes.on(*change);
    (void)work();
  }
  const Instance* only(const WorkloadName& name = kApp) const {
    const std::vector<InstanceId>& ids = instances.of_workload(name);
    return ids.size() == 1 ? instances.find(ids.front()) : nullptr;
  }
  std::string why_pending(const WorkloadName& name = kApp) const {
    const Instance* one = only(name);
    if (one == nullptr) return "not one instance";
    return one->node ? "placed" : one->status.reason;
  }
  void pass(Duration duration) {
    now.mono += duration;
    (void)work();
  }
};

InstanceId db(std::uint64_t number) {
  return make_instance_id(kDb, number);
}

// First starts. -----------------------------------------------------------------------------------

TEST(Dependencies, AFirstStartWaitsUntilItsDependencyIsReady) {
  Scene scene;
  scene.offer(Scene::after_db());
  EXPECT_EQ(scene.why_pending(), "it waits for 'db', which is not deployed");
  scene.offer(spec(2), kDb);
  EXPECT_EQ(scene.why_pending(), "it waits for 'db' to be ready");
  scene.set(db(1), InstanceState::kRunning, Health::kStarting);
  EXPECT_EQ(scene.why_pending(), "it waits for 'db' to be ready");
  scene.set(db(1), InstanceState::kRunning, Health::kReady);
  EXPECT_EQ(scene.why_pending(), "placed") << "one of two is enough";
}

TEST(Dependencies, StartedIsLessThanReady) {
  Scene scene;
  scene.offer(spec(1), kDb);
  scene.offer(Scene::after_db(on_db(Dependency::Until::kStarted)));
  EXPECT_EQ(scene.why_pending(), "it waits for 'db' to be started");
  scene.set(db(1), InstanceState::kRunning, Health::kStarting);
  EXPECT_EQ(scene.why_pending(), "placed");
}

TEST(Dependencies, AOneshotIsThereOnceItsLatestReleaseIsComplete) {
  Scene scene;
  WorkloadSpec migration = spec(1);
  migration.kind = WorkloadKind::kOneshot;
  migration.instance.restart = RestartPolicy::kOnFailure;
  scene.offer(migration, kDb);
  scene.offer(Scene::after_db());
  scene.set(db(1), InstanceState::kRunning);
  EXPECT_EQ(scene.why_pending(), "it waits for 'db' to complete");
  scene.deploy(migration, kDb);
  scene.set(db(1), InstanceState::kCompleted);
  EXPECT_EQ(scene.why_pending(), "it waits for 'db' to complete") << "the next one is under way";
  scene.settle();
  for (const InstanceId& id : scene.instances.of_workload(kDb))
    scene.set(id, InstanceState::kCompleted);
  EXPECT_EQ(scene.why_pending(), "placed");
}

TEST(Dependencies, AStoppedOneIsAwaitedAndARunningInstanceIsLeftAlone) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db());
  (void)scene.workloads.stop(kDb);
  scene.changes.on_workload_changed(kDb);
  scene.changes.reconcile(kDb);
  scene.settle();
  EXPECT_THAT(scene.instances.of_workload(kDb), IsEmpty());
  ASSERT_NE(scene.only(), nullptr);
  EXPECT_EQ(scene.only()->status.state, InstanceState::kRunning);
  scene.run(Scene::after_db(on_db(), 2));
  EXPECT_EQ(scene.count(), 2U);
  EXPECT_EQ(scene.instance(2).status.reason, "it waits for 'db', which is stopped");
}

// Roll-outs. --------------------------------------------------------------------------------------

TEST(Dependencies, AReleaseWaitsForWhatItAddsWhileTheOneBeforeRunsOn) {
  for (const ReplaceOrder order : {ReplaceOrder::kStartFirst, ReplaceOrder::kStopFirst}) {
    Scene scene;
    scene.run(spec(1));
    WorkloadSpec next = Scene::after_db();
    next.instance.replace = order;
    scene.run(next);
    EXPECT_EQ(scene.instance(1).desired_state, DesiredState::kRun);
    scene.run(spec(1), kDb);
    scene.settle();
    ASSERT_NE(scene.only(), nullptr);
    EXPECT_EQ(scene.only()->generation, Generation{2});
  }
}

// Replacements. -----------------------------------------------------------------------------------

TEST(Dependencies, AReplacementWaitsForAWhileAndThenStartsAnyway) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db());
  const NodeName lost = scene.only()->placed_on();
  scene.set(db(1), InstanceState::kCrashLoop);
  scene.transition_to(lost, NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.instance(2).status.reason, "it waits for 'db' to be ready");
  scene.pass(DependencyWatch::kWaitMax - 1s);
  EXPECT_FALSE(scene.instance(2).node);
  scene.pass(1s);
  EXPECT_TRUE(scene.instance(2).node);
  EXPECT_THAT(scene.events,
              Contains(Field(&ClusterEvent::message, HasSubstr("starts without waiting any longer "
                                                               "for 'db' to be ready"))));
}

TEST(Dependencies, AStagedReplacementWaitsLikeAnyOther) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db());
  scene.transition_to(scene.only()->placed_on(), NodeState::kSuspect);
  (void)scene.work();
  ASSERT_EQ(scene.instance(2).desired_state, DesiredState::kStage);
  scene.set(db(1), InstanceState::kBackoff);
  scene.transition_to(scene.instance(1).placed_on(), NodeState::kDead);
  (void)scene.work();
  EXPECT_EQ(scene.instance(2).desired_state, DesiredState::kStage);
  scene.set(db(1), InstanceState::kRunning);
  EXPECT_EQ(scene.instance(2).desired_state, DesiredState::kRun);
}

// Restarts. ---------------------------------------------------------------------------------------

Dependency restarted_with_db() {
  return {.workload = kDb, .restart_with_it = true};
}

TEST(Dependencies, WhatAsksForItIsRestartedOnceItsDependencyIsReadyAgain) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db(restarted_with_db()));
  scene.set(db(1), InstanceState::kBackoff, Health::kUnknown, 1);
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation, Generation{1});
  scene.set(db(1), InstanceState::kRunning, Health::kReady, 1);
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation, Generation{2});
  scene.settle();
  ASSERT_NE(scene.only(), nullptr);
  EXPECT_EQ(scene.only()->generation, Generation{2});
  (void)scene.work();
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation, Generation{2}) << "once";
}

TEST(Dependencies, AReleaseOfADependencyRestartsWhatAsksForItAndWhatAsksForThat) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db(restarted_with_db()));
  WorkloadSpec last = spec(1);
  last.after = {{.workload = kApp, .restart_with_it = true}};
  scene.run(last, kOther);
  scene.run(spec(1, 'b'), kDb);
  scene.settle();
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation, Generation{2});
  EXPECT_EQ(scene.workloads.workload(kOther).latest().generation, Generation{2});
}

TEST(Dependencies, WithoutAskingNothingIsRestarted) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db());
  scene.run(spec(1, 'b'), kDb);
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation, Generation{1});
}

TEST(Dependencies, ADependencyThatFailsAgainAndAgainRestartsOthersWithinTheirBudget) {
  Scene scene;
  scene.run(spec(1), kDb);
  scene.run(Scene::after_db(restarted_with_db()));
  for (std::uint32_t failures = 1; failures < 20; ++failures) {
    scene.set(db(1), InstanceState::kBackoff, Health::kUnknown, failures);
    scene.set(db(1), InstanceState::kRunning, Health::kReady, failures);
    scene.settle();
  }
  EXPECT_EQ(scene.workloads.workload(kApp).latest().generation,
            Generation{1 + ReplacementBudget::kReplacementsMax});
}

// Constraints of placement. -----------------------------------------------------------------------

TEST(Constraints, AWorkloadRunsOnTheNodeThatItNames) {
  Scene scene;
  WorkloadSpec wanted = spec(2);
  wanted.node = kC;
  scene.run(wanted);
  EXPECT_EQ(scene.instance(1).node, kC);
  EXPECT_EQ(scene.instance(2).node, kC);
  wanted.node = kA;
  scene.run(wanted);
  EXPECT_EQ(scene.count(), 2U);
  for (const InstanceId& id : scene.instances.of_workload(kApp))
    EXPECT_EQ(scene.instances.instance(id).node, kA);
}

TEST(Constraints, ADeviceIsFreedBeforeTheNextReleaseGetsIt) {
  Scene scene;
  WorkloadSpec wanted = spec(1);
  wanted.node = kB;
  wanted.instance.replace = ReplaceOrder::kStopFirst;
  wanted.instance.container.devices = {{"/dev/ttyUSB0", "/dev/ttyUSB0"}};
  scene.run(wanted);
  scene.offer(wanted, kOther);
  EXPECT_THAT(scene.why_pending(kOther), HasSubstr("/dev/ttyUSB0 of 'b' is held by 'app-1'"));
  scene.offer(wanted);
  EXPECT_EQ(scene.instance(1).desired_state, DesiredState::kStop);
  EXPECT_EQ(scene.count(), 1U);
  EXPECT_THAT(scene.why_pending(kOther), HasSubstr("held by 'app-1'")) << "it is not gone yet";
  scene.settle();
  EXPECT_EQ(scene.count() + scene.count(kOther), 2U);
}

TEST(Constraints, WhatLetsGoOfAPortMakesRoomForWhatWaits) {
  Scene scene;
  WorkloadSpec wanted = spec(3);
  wanted.instance.replace = ReplaceOrder::kStopFirst;
  wanted.instance.container.ports = {{.host_port = 80, .container_port = 80}};
  scene.run(wanted);
  wanted.instances = 1;
  scene.offer(wanted, kOther);
  EXPECT_THAT(scene.why_pending(kOther), HasSubstr("port 80/tcp of 'a' is held by 'app-"));
  (void)scene.workloads.stop(kApp);
  scene.changes.on_workload_changed(kApp);
  scene.changes.reconcile(kApp);
  scene.settle();
  EXPECT_EQ(scene.why_pending(kOther), "placed");
}

// Crash loops. ------------------------------------------------------------------------------------

TEST(CrashLoop, IsTriedOnceOnAnotherNodeAndThenLeftToAnOperator) {
  Scene scene;
  scene.run(spec(1));
  scene.set(scene.only()->id, InstanceState::kCrashLoop);
  ASSERT_EQ(scene.count(), 2U);
  EXPECT_TRUE(scene.instance(2).is_last_try);
  EXPECT_NE(scene.instance(2).node, scene.instance(1).node);
  scene.set(scene.instance(2).id, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.instance(1).desired_state, DesiredState::kStop);
  EXPECT_THAT(scene.instance(2).status.reason, HasSubstr("on another node, too, and needs an"));
  scene.changes.on(scene.instances.forget(make_instance_id(kApp, 1)));
  (void)scene.work();
  EXPECT_EQ(scene.count(), 1U) << "it is not tried again";
  scene.run(spec(1));
  ASSERT_NE(scene.only(), nullptr);
  EXPECT_FALSE(scene.only()->is_last_try) << "a deploy clears it";
}

TEST(CrashLoop, OfWhatMustNotRunTwiceIsStoppedBeforeItIsTriedElsewhere) {
  Scene scene;
  WorkloadSpec wanted = spec(1);
  wanted.instance.replace = ReplaceOrder::kStopFirst;
  wanted.instance.container.ports = {{.host_port = 80, .container_port = 80}};
  scene.run(wanted);
  const NodeName first = *scene.only()->node;
  scene.set(scene.only()->id, InstanceState::kCrashLoop);
  ASSERT_EQ(scene.count(), 2U);
  EXPECT_EQ(scene.instance(2).desired_state, DesiredState::kStage);
  EXPECT_NE(scene.instance(2).node, first);
  scene.set(scene.instance(2).id, InstanceState::kStaged);
  EXPECT_EQ(scene.instance(1).desired_state, DesiredState::kStop);
  EXPECT_EQ(scene.instance(2).desired_state, DesiredState::kStage) << "both could run at once";
  scene.obey(first);
  (void)scene.work();
  ASSERT_EQ(scene.count(), 1U);
  EXPECT_EQ(scene.only()->desired_state, DesiredState::kRun);
  scene.set(scene.only()->id, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.count(), 1U) << "it is left to an operator";
  EXPECT_THAT(scene.only()->status.reason, HasSubstr("on another node, too, and needs an"));
}

TEST(CrashLoop, IsTriedElsewhereAsSoonAsAnotherNodeHasRoom) {
  Scene scene;
  scene.run(spec(1, 'a', 800));
  for (const NodeName& node : {kA, kB, kC}) {
    if (node != scene.only()->node) scene.transition_to(node, NodeState::kDead);
  }
  scene.set(scene.only()->id, InstanceState::kCrashLoop);
  EXPECT_EQ(scene.count(), 1U) << "no other node can take it";
  const NodeName other = scene.only()->node == kA ? kB : kA;
  scene.transition_to(other, NodeState::kLive);
  (void)scene.work();
  ASSERT_EQ(scene.count(), 2U);
  EXPECT_EQ(scene.instance(2).node, other);
}

}  // namespace
}  // namespace hearth::core
