#include "core/rollout/rollout.h"

#include <list>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using Kind = RolloutVerdict::Kind;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");

Release release(std::uint64_t generation, std::uint32_t instances) {
  return {
      .generation = {generation},
      .spec = {.instances = instances, .bundle = *Digest::parse("sha256:" + std::string(64, 'a'))},
      .image = Image{"hearth/app", {}}};
}

/// Generation 2 replaces generation 1.
struct Scene {
  explicit Scene(std::uint32_t before = 2, std::uint32_t after = 2) {
    workload.phase = WorkloadPhase::kRollingOut;
    workload.current = release(1, before);
    workload.next = release(2, after);
  }
  Instance& add(std::uint64_t generation, InstanceState state = InstanceState::kRunning) {
    Instance instance{.id = make_instance_id(kApp, instances.size() + 1),
                      .workload = kApp,
                      .generation = {generation},
                      .node = kA};
    instance.status.state = state;
    return instances.emplace_back(std::move(instance));
  }
  std::vector<const Instance*> all() const {
    std::vector<const Instance*> all;
    for (const Instance& instance : instances) all.push_back(&instance);
    return all;
  }
  RolloutVerdict judge() const { return judge_rollout(workload, all()); }
  std::uint32_t wanted() const { return wanted_instances(workload, all()); }

  Workload workload{.name = kApp};
  std::list<Instance> instances;
};

TEST(Rollout, IsDoneOnceAllInstancesOfTheReleaseAreReadyAndNoOthersAreLeft) {
  Scene scene;
  Instance& old = scene.add(1);
  scene.add(2);
  Instance& last = scene.add(2);
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn) << "one of the other release is left";
  old.desired_state = DesiredState::kStop;
  last.status.health = Health::kStarting;
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn) << "one is not ready";
  last.status.health = Health::kReady;
  EXPECT_EQ(scene.judge().kind, Kind::kDone);
  last.status.state = InstanceState::kCompleted;
  EXPECT_EQ(scene.judge().kind, Kind::kDone) << "it has done its work";
}

TEST(Rollout, FailsByTheOwnFaultOfOneOfItsInstances) {
  const auto verdict_of = [](const InstanceStatus& status) {
    Scene scene;
    scene.add(1);
    scene.add(2).status = status;
    return scene.judge();
  };
  const RolloutVerdict exited = verdict_of(
      {.state = InstanceState::kBackoff, .failures = 1, .reason = "it exited with code 1"});
  EXPECT_EQ(exited.kind, Kind::kFailed);
  EXPECT_EQ(exited.reason, "'app-2' on 'a' failed: it exited with code 1");
  const RolloutVerdict restarted =
      verdict_of({.state = InstanceState::kRunning, .failures = 1, .last_exit = ContainerExit{3}});
  EXPECT_EQ(restarted.reason, "'app-2' on 'a' failed: it exited with code 3");
  const RolloutVerdict in_container = verdict_of({.state = InstanceState::kRunning,
                                                  .container = {"0123456789abcdef"},
                                                  .failures = 1,
                                                  .failed_container = {"fedcba9876543210"},
                                                  .reason = "it exited with code 1"});
  EXPECT_EQ(in_container.reason,
            "'app-2' on 'a' in container fedcba987654 failed: it exited with code 1")
      << "not the fresh one";
  const RolloutVerdict degraded = verdict_of({.state = InstanceState::kRunning,
                                              .health = Health::kDegraded,
                                              .health_reason = "its readiness probe fails"});
  EXPECT_EQ(degraded.reason, "'app-2' on 'a' failed: its readiness probe fails");
  EXPECT_EQ(verdict_of({.state = InstanceState::kFailed}).kind, Kind::kFailed);
}

TEST(Rollout, DoesNotFailByWhatIsNotTheFaultOfTheRelease) {
  Scene scene;
  scene.add(1).status.failures = 7;
  scene.add(2, InstanceState::kLost).status.failures = 1;
  scene.add(2, InstanceState::kFetching).status.cannot_start = true;
  scene.add(2, InstanceState::kRunning).status.restarts = 1;  // Its machine rebooted.
  Instance& unplaced = scene.add(2, InstanceState::kPending);
  unplaced.node.reset();
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn);
}

TEST(Rollout, OfAFirstReleaseIsJudgedUntilItIsDone) {
  Scene scene;
  scene.workload.current = release(1, 1);
  scene.workload.next.reset();
  Instance& only = scene.add(1, InstanceState::kBackoff);
  only.status.failures = 1;
  EXPECT_EQ(scene.judge().kind, Kind::kFailed);
  scene.workload.phase = WorkloadPhase::kFailed;
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn) << "it is reported once";
  only.status.state = InstanceState::kRunning;
  EXPECT_EQ(scene.judge().kind, Kind::kDone) << "it runs after all";
  scene.workload.phase = WorkloadPhase::kDeployed;
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn) << "nothing is left to judge";
}

TEST(WantedInstances, FollowTheReleaseOnceNothingOfTheOtherIsLeft) {
  Scene scene(2, 3);
  EXPECT_EQ(scene.wanted(), 3U);
  Instance& old = scene.add(1);
  EXPECT_EQ(scene.wanted(), 2U);
  old.desired_state = DesiredState::kStop;
  EXPECT_EQ(scene.wanted(), 3U);
  scene.workload.phase = WorkloadPhase::kFailed;
  EXPECT_EQ(scene.wanted(), 2U) << "the release before is kept running";
  scene.workload.phase = WorkloadPhase::kStopped;
  EXPECT_EQ(scene.wanted(), 0U);
}

TEST(WantedInstances, ShrinkOnceAsManyOfTheReleaseAreReady) {
  Scene scene(4, 1);
  for (int i = 0; i < 4; ++i) scene.add(1);
  Instance& first = scene.add(2);
  first.status.health = Health::kStarting;
  EXPECT_EQ(scene.wanted(), 4U);
  first.status.health = Health::kReady;
  EXPECT_EQ(scene.wanted(), 1U);
}

TEST(WantedInstances, OfAReleaseWithoutAnyAreNoneAtOnce) {
  Scene scene(2, 0);
  scene.add(1);
  EXPECT_EQ(scene.wanted(), 0U);
}

TEST(Rollout, FailsIfItsNodeCannotAdoptTheContainer) {
  Scene scene(1, 1);
  Instance& one = scene.add(2, InstanceState::kBackoff);
  one.status.cannot_start = true;
  one.status.reason = "its container cannot be adopted: there is no container 'pg'";
  EXPECT_EQ(scene.judge().kind, Kind::kGoesOn) << "another node may start it";
  scene.workload.next->spec.instance.adopted = AdoptedContainer{.name = "pg"};
  EXPECT_EQ(scene.judge().kind, Kind::kFailed);
  EXPECT_THAT(scene.judge().reason, testing::HasSubstr("there is no container 'pg'"));
}

}  // namespace
}  // namespace hearth::core
