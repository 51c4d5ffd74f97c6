#include "core/agent/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/agent/agent_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using testing::StartsWith;

using Scene = AgentScene;

std::vector<Heartbeat> heartbeats(const Scene& scene) {
  std::vector<Heartbeat> found;
  for (const SendStatus& one : scene.done<SendStatus>()) found.push_back(one.heartbeat);
  return found;
}

/// The revision in force, as the next heartbeat would report it.
std::uint64_t applied(const Scene& scene) {
  return scene.agent->status().applied.revision.value;
}

// The assignment. ---------------------------------------------------------------------------------

TEST(Agent, AnAssignmentIsActedOnOnlyOnceItIsOnDisk) {
  Scene scene;
  scene.save_takes = seconds(1);
  scene.receive(Scene::numbered(1, 5, {Scene::assigned(1)}));
  scene.pass(milliseconds(999));
  ASSERT_THAT(scene.done<SaveAssignment>(), SizeIs(1));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_EQ(applied(scene), 0U);
  scene.pass(milliseconds(1));
  EXPECT_EQ(scene.stored, Scene::numbered(1, 5, {Scene::assigned(1)}));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_EQ(heartbeats(scene).back().applied, (AssignmentNumber{{1}, {5}}));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.report().capacity, scene.settings().capacity);
}

// Goal: a node whose disk is full does not run unwanted instances forever, all the more since their
// containers may be what fills the disk.
TEST(Agent, UnwantedInstancesAreRemovedEvenIfTheDiskCannotStoreTheAssignment) {
  Scene scene;
  scene.receive(Scene::numbered(1, 1, {Scene::assigned(1), Scene::assigned(2)}));
  scene.pass(seconds(1));
  ASSERT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  scene.disk_works = false;
  scene.receive(Scene::numbered(1, 2, {Scene::assigned(2), Scene::assigned(3)}));
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(2))) << "and nothing new is begun";
  EXPECT_THAT(scene.problem(), HasSubstr("cannot be stored"));
  EXPECT_EQ(applied(scene), 1U);
  scene.receive(Scene::numbered(1, 3, {Scene::assigned(1), Scene::assigned(2)}));
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2))) << "wanted again";
  scene.disk_works = true;
  scene.receive(Scene::numbered(1, 4, {Scene::assigned(3)}));
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(3)));
}

// Heartbeats. -------------------------------------------------------------------------------------

TEST(Agent, HeartbeatsKeepTheAssignedIntervalAndCarryTheLoadAndAReportThatTheBusRefused) {
  Scene scene;
  Assignment assignment = scene.next();
  assignment.heartbeat_interval = milliseconds(100);
  scene.receive(assignment);
  scene.pass(seconds(2));
  scene.forget_history();
  scene.pass(seconds(1));
  EXPECT_THAT(heartbeats(scene), SizeIs(10));
  scene.forget_history();
  Load load;
  load.cpu = 300;
  scene.step(LoadSampled{load});
  scene.step(StatusDropped{});
  EXPECT_THAT(heartbeats(scene), IsEmpty()) << "not sooner: the bus may be away";
  scene.pass(milliseconds(100));
  ASSERT_THAT(heartbeats(scene), SizeIs(1));
  EXPECT_EQ(heartbeats(scene)[0].load, load);
  EXPECT_TRUE(heartbeats(scene)[0].report);
}

// The containers. ---------------------------------------------------------------------------------

TEST(Agent, AnInstanceThatExitsRunsAgainAtOnceWithoutAManager) {
  Scene scene;
  scene.build_takes = minutes(30);  // It does not keep anything from restarting.
  Assignment assignment = scene.next({Scene::assigned(1)});
  assignment.builds.push_back(Scene::order(1));
  scene.receive(assignment);
  scene.pass(minutes(10));  // Nothing has come from the manager since.
  ASSERT_THAT(scene.done<BuildImage>(), SizeIs(1));
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.crash(1, 3);  // No time passes.
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  const InstanceStatus status = scene.status(1);
  EXPECT_EQ(status.state, InstanceState::kRunning);
  EXPECT_NE(status.container, first);
  EXPECT_EQ(status.restarts, 1U);
  EXPECT_EQ(status.last_exit->code, 3);
  EXPECT_THAT(scene.containers, SizeIs(1));  // The old one was removed.
}

// What containers use. ---------------------------------------------------------------------------

TEST(Agent, WhatContainersUseComesWithAReportAndCausesNone) {
  Scene scene;
  scene.usage = {.memory_bytes = 1000, .memory_limit_bytes = 2000};
  scene.assign({Scene::assigned(1), Scene::assigned(2)});
  scene.pass(seconds(30));
  const auto asked = scene.done<SampleUsage>();
  EXPECT_GE(asked.size(), 8U);
  EXPECT_LE(asked.size(), 14U);
  EXPECT_EQ(scene.report().usage.at(Scene::id(2)).memory_bytes, 1000U);
  scene.forget_history();
  for (int i = 0; i < 30; ++i) {
    scene.usage.memory_bytes = *scene.usage.memory_bytes + 1;
    scene.pass(seconds(1));
  }
  std::size_t reports = 0;
  for (const Heartbeat& heartbeat : heartbeats(scene)) {
    if (!heartbeat.report) continue;
    ++reports;
    EXPECT_THAT(heartbeat.report->usage, SizeIs(2));
  }
  EXPECT_EQ(reports, 3U) << "one in 10 seconds, as without it";
}

TEST(Agent, AMemoryThatGrowsIsReportedAsAnIncident) {
  Scene scene;
  scene.usage = {.memory_bytes = 0, .memory_limit_bytes = 3600};
  scene.assign({Scene::assigned(1)});
  for (std::uint64_t second = 0; second < 3300; ++second) {
    scene.usage.memory_bytes = second;
    scene.pass(seconds(1));
  }
  ASSERT_THAT(scene.report().incidents, SizeIs(1));
  EXPECT_THAT(scene.report().incidents[0].message, HasSubstr("memory grows"));
  ASSERT_TRUE(scene.report().usage.at(Scene::id(1)).memory_full_in);
}

TEST(Agent, NothingIsSampledWhileTheRuntimeIsAway) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.runtime_goes_down();
  scene.pass(seconds(2));
  scene.forget_history();
  scene.pass(minutes(1));
  EXPECT_THAT(scene.done<SampleUsage>(), IsEmpty());
}

// Starts of the agent and of the node. ------------------------------------------------------------

TEST(Agent, ANodeThatBootsWithoutANetworkStartsTheLastAssignmentInFreshContainers) {
  Scene scene;
  scene.assign({Scene::assigned(1), Scene::assigned(2, DesiredState::kStage)});
  const ContainerId before = scene.agent->container_of(Scene::id(1));
  scene.reboot();
  EXPECT_THAT(scene.running(), IsEmpty());
  scene.pass(AssignmentIntake::kFirstWait);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), before);
  EXPECT_EQ(scene.status(1).restarts, 1U);
  EXPECT_EQ(scene.status(1).last_exit->code, 137);
  EXPECT_EQ(scene.status(2).state, InstanceState::kStaged);
  EXPECT_THAT(scene.containers, SizeIs(2));
}

TEST(Agent, ARestartedAgentKeepsWhatRuns) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.crash(1);
  const ContainerId kept = scene.agent->container_of(Scene::id(1));
  scene.forget_history();
  scene.start_agent();
  scene.pass(minutes(2));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), kept);
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).restarts, 1U);  // The container records it.
}

// The node. ---------------------------------------------------------------------------------------

TEST(Agent, AStarvedNodeIsReportedOnceAnEpisodeWithWhatIsNotActedOn) {
  Scene scene;
  AssignedInstance probed = Scene::assigned(1);
  probed.spec.probes.liveness = Probe{.check = TcpCheck{.port = 80}, .failures = 1};
  AssignedInstance other = probed;
  other.id = Scene::id(2);
  scene.assign({probed, other});
  const Pressure starved{.memory_full = 500};
  for (int i = 0; i < 20; ++i) {
    scene.step(LoadSampled{{}, starved});
    scene.pass(seconds(2));
    for (const RunCheck& check : std::exchange(scene.checks, {})) {
      scene.step(CheckDone{check.container,
                           check.instance,
                           {check.due.probe, check.due.number, {ProbeOutcome::kTimedOut, ""}}});
    }
  }
  EXPECT_THAT(scene.running(), SizeIs(2));
  EXPECT_EQ(scene.status(1).restarts, 0U);
  EXPECT_THAT(scene.status(1).health_reason, StartsWith("not acted on, because its node is short"));
  EXPECT_THAT(scene.status(2).health_reason, StartsWith("not acted on, because its node is short"));
  EXPECT_THAT(scene.report().shortage, HasSubstr("it is short of memory"));
  EXPECT_EQ(scene.problem(), "") << "it works, though slowly";
  EXPECT_THAT(scene.report().incidents, SizeIs(1));
  scene.pass(minutes(2));
  EXPECT_GE(scene.status(1).restarts, 1U) << "it is well again";
}

// Goal: the count of what is started again as it is, of which no container bears a label.
TEST(Agent, TheRestartsOfAnAdoptedContainerAreCountedOnAfterItsOwnStart) {
  Scene scene;
  AssignedInstance instance = Scene::assigned(1);
  instance.spec.adopted =
      AdoptedContainer{.name = "db", .restart = AdoptedContainer::Restart::kStart};
  instance.spec.replace = ReplaceOrder::kStopFirst;
  scene.assign({instance});
  ASSERT_THAT(scene.running(), SizeIs(1));
  for (std::uint32_t restarts = 1; restarts <= 4; ++restarts) {
    scene.crash(1);
    scene.pass(seconds(30));
    ASSERT_THAT(scene.running(), SizeIs(1));
    EXPECT_EQ(scene.status(1).restarts, restarts);
    scene.start_agent();
    scene.pass(seconds(30));
    EXPECT_EQ(scene.status(1).restarts, restarts);
  }
}

// Goal: stopping the runtime, or the machine, is no failure of what ran on it.
TEST(Agent, EndsJustBeforeTheRuntimesOwnEndAreNoFailures) {
  Scene scene;
  scene.assign({Scene::assigned(1), Scene::assigned(2)});
  for (int i = 0; i < 10; ++i) {  // As often as a crash loop would take.
    scene.runtime_takes_nothing = true;
    scene.crash(1, 143);
    scene.crash(2, 137);
    scene.pass(seconds(3));
    scene.runtime_takes_nothing = false;
    scene.runtime_goes_down();
    scene.pass(seconds(2));
    scene.runtime_comes_up();
    scene.pass(seconds(30));
    EXPECT_THAT(scene.running(), SizeIs(2)) << i;
  }
  EXPECT_EQ(scene.status(1).failures, 0U);
  EXPECT_EQ(scene.status(2).failures, 0U);
  scene.crash(1, 137);  // The runtime lives on.
  scene.pass(DoubtfulEnds::kRuntimeEndMax);
  EXPECT_EQ(scene.status(1).failures, 1U);
}

TEST(Agent, WithoutAnAssignmentNothingIsTouched) {
  Scene scene;
  scene.plant(1, ContainerState::kRunning);
  scene.plant(2, ContainerState::kExited);
  scene.start_agent();
  scene.step(AssignmentsCaughtUp{});
  scene.pass(minutes(2));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_THAT(scene.containers, SizeIs(2));
}

// The runtime. ------------------------------------------------------------------------------------

TEST(Agent, ALostRuntimeIsReportedAtOnceAndTheWorkIsDoneOnceItIsBack) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.pass(milliseconds(1100));
  scene.forget_history();
  scene.runtime_goes_down();
  ASSERT_THAT(heartbeats(scene), SizeIs(1)) << "at once";
  EXPECT_EQ(heartbeats(scene)[0].report->problem, "the container runtime is away");
  scene.forget_history();
  scene.crash(1);  // Without a notice.
  scene.assign({Scene::assigned(1), Scene::assigned(2)});
  scene.pass(minutes(1));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_THAT(scene.done<TakeInventory>(), IsEmpty());
  EXPECT_EQ(applied(scene), 2U);  // It was still stored and followed.
  scene.runtime_comes_up();
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  EXPECT_EQ(scene.status(1).restarts, 1U);
  EXPECT_EQ(scene.problem(), "");
}

TEST(Agent, ARuntimeThatFailsDuringAnOperationLeavesNoSecondContainer) {
  Scene scene;
  scene.create_takes = seconds(1);
  scene.receive(scene.next({Scene::assigned(1)}));
  scene.pass(milliseconds(500));
  scene.runtime_goes_down();
  scene.pass(seconds(10));
  scene.runtime_comes_up();
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_THAT(scene.containers, SizeIs(1));
}

// Images. -----------------------------------------------------------------------------------------

TEST(Agent, AMissingImageIsFetchedOnceAndItsInstancesThenRun) {
  Scene scene;
  scene.assign(
      {Scene::assigned(1, DesiredState::kRun, 'c'), Scene::assigned(2, DesiredState::kRun, 'c')});
  EXPECT_EQ(scene.status(1).state, InstanceState::kFetching);
  EXPECT_THAT(scene.done<CreateContainer>(), IsEmpty());
  scene.pass(seconds(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  ASSERT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_EQ(scene.done<FetchImage>()[0].image, Scene::image('c'));
}

TEST(Agent, AnImageThatTheRuntimeLostIsFetchedAgain) {
  Scene scene;
  scene.assign({Scene::assigned(1, DesiredState::kRun, 'a')});
  scene.runtime_images.erase(Scene::image('a').reference);
  scene.crash(1);
  EXPECT_THAT(scene.running(), IsEmpty());
  scene.pass(seconds(3));
  EXPECT_THAT(scene.done<FetchImage>(), SizeIs(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

TEST(Agent, AnImageBuiltWhileTheRuntimeIsBeingListedIsReportedWithItsBuild) {
  Scene scene;
  scene.pass(RuntimeInventory::kPeriod - seconds(1));
  scene.listing_takes = seconds(10);
  scene.order_builds({Scene::order(1)});  // It ends during a listing.
  scene.pass(seconds(25));
  ASSERT_THAT(scene.report().builds, SizeIs(1));
  EXPECT_EQ(scene.report().builds[0].state, BuildState::kDone);
  EXPECT_THAT(scene.report().images, Contains(StartsWith(Scene::order(1).reference)));
}

// Goal: an agent built from another's state, at any moment, continues as that one would have.
TEST(Agent, ACopyOfItsStateBehavesLikeIt) {
  Scene original, swapped;
  swapped.swaps_agent = true;
  for (Scene* scene : {&original, &swapped}) {
    scene->save_takes = scene->create_takes = scene->start_takes = milliseconds(30);
    Assignment assignment =
        scene->next({Scene::assigned(1), Scene::assigned(2, DesiredState::kRun, 'c')});
    assignment.builds = {Scene::order(1), Scene::order(2)};
    scene->receive(assignment);
    scene->pass(seconds(3));
    for (int i = 0; i < 3; ++i) scene->crash(1);
    scene->disk_works = false;
    scene->assign({Scene::assigned(2)});
    scene->pass(seconds(20));
    scene->runtime_goes_down();
    scene->disk_works = true;
    scene->pass(seconds(5));
    scene->runtime_comes_up();
    scene->pass(minutes(1));
  }
  EXPECT_EQ(swapped.agent->save(), original.agent->save());
  EXPECT_EQ(swapped.times<SendStatus>(), original.times<SendStatus>());
  EXPECT_EQ(swapped.running(), original.running());
}

}  // namespace
}  // namespace hearth::core
