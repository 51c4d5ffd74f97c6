#include "core/agent/agent.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/agent/agent_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

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
  EXPECT_EQ(applied(scene), 1U);
  scene.receive(Scene::numbered(1, 3, {Scene::assigned(1), Scene::assigned(2)}));
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2))) << "wanted again";
  scene.disk_works = true;
  scene.receive(Scene::numbered(1, 4, {Scene::assigned(3)}));
  scene.pass(seconds(5));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(3)));
}

// Goal: the topic of a node that lost its disk delivers assignments from before its containers were
// started; they survive that. Method: one container, and records from before it was assigned.
TEST(Agent, OldRecordsOfTheTopicDoNotStopWhatTheNewestOneRuns) {
  Scene scene;
  scene.receive(Scene::numbered(1, 75, {Scene::assigned(1)}));
  scene.pass(seconds(1));
  const ContainerId kept = scene.agent->container_of(Scene::id(1));
  scene.stored.reset();
  scene.forget_history();
  scene.start_agent();
  for (std::uint64_t revision = 60; revision < 75; ++revision) {
    scene.receive(Scene::numbered(1, revision, {}));
    scene.pass(milliseconds(100));
  }
  EXPECT_THAT(scene.done<SaveAssignment>(), IsEmpty());
  scene.receive(Scene::numbered(1, 75, {Scene::assigned(1)}));
  scene.step(AssignmentsCaughtUp{});
  scene.pass(seconds(10));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), kept);
  EXPECT_THAT(scene.done<SaveAssignment>(), SizeIs(1));
  EXPECT_EQ(applied(scene), 75U);
}

TEST(Agent, AStartDoesNotActOnTheStoredAssignmentWhileItReadsAndStoresANewerOne) {
  Scene scene(Scene::numbered(1, 1, {Scene::assigned(1)}));
  scene.save_takes = AssignmentIntake::kFirstWait - seconds(1);
  scene.pass(AssignmentIntake::kFirstWait - milliseconds(1));
  scene.receive(Scene::numbered(1, 2, {Scene::assigned(2)}));
  scene.pass(minutes(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(2)));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
}

// Heartbeats. -------------------------------------------------------------------------------------

TEST(Agent, TheAssignmentSetsTheHeartbeatInterval) {
  Scene scene;
  scene.pass(seconds(1));
  Assignment assignment = scene.next();
  assignment.heartbeat_interval = milliseconds(100);
  scene.receive(assignment);
  scene.pass(milliseconds(100));
  scene.forget_history();
  scene.pass(seconds(1));
  EXPECT_THAT(heartbeats(scene), SizeIs(10));
}

TEST(Agent, AReportThatTheBusDidNotAcceptIsRepeatedWithTheNextHeartbeat) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.pass(milliseconds(1100));
  scene.forget_history();
  scene.step(StatusDropped{});
  EXPECT_THAT(heartbeats(scene), IsEmpty());  // Not sooner: the bus may be away.
  scene.pass(milliseconds(500));
  ASSERT_THAT(heartbeats(scene), SizeIs(1));
  EXPECT_TRUE(heartbeats(scene)[0].report);
}

TEST(Agent, TheLoadIsSentWithTheNextHeartbeatAndIsNoReasonForAReport) {
  Scene scene;
  scene.pass(milliseconds(1100));
  scene.forget_history();
  Load load;
  load.cpu = 300;
  scene.step(LoadSampled{load});
  EXPECT_THAT(heartbeats(scene), IsEmpty());
  scene.pass(milliseconds(500));
  ASSERT_THAT(heartbeats(scene), SizeIs(1));
  EXPECT_EQ(heartbeats(scene)[0].load, load);
  EXPECT_FALSE(heartbeats(scene)[0].report);
}

TEST(Agent, AnAnswerOverHttpIsAFullReportOutsideOfTheSequence) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  const Heartbeat status = scene.agent->status();
  EXPECT_FALSE(status.seq);
  ASSERT_TRUE(status.report);
  EXPECT_EQ(status.report->instances.at(Scene::id(1)).state, InstanceState::kRunning);
}

// Goal: an agent that starts while a container is being stopped does not make it look removed. A
// report is complete: what is not in it is not on the node.
TEST(Agent, AContainerThatMustBeStoppedIsReportedFromTheFirstListingOn) {
  Scene scene(Scene::numbered(1, 1, {}));
  scene.plant(1, ContainerState::kRunning);
  scene.start_agent();
  scene.pass(Duration(0));
  EXPECT_EQ(scene.problem(), "");
  EXPECT_EQ(scene.status(1).state, InstanceState::kStopping);
  EXPECT_EQ(scene.status(1).container, scene.containers.begin()->first);
  scene.pass(AssignmentIntake::kFirstWait + std::chrono::minutes(1));
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.report().instances, IsEmpty());
}

// The containers. ---------------------------------------------------------------------------------

TEST(Agent, AnAssignedInstanceRunsAndIsReported) {
  Scene scene;
  scene.assign({Scene::assigned(1), Scene::assigned(2)});
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).restarts, 0U);
  EXPECT_EQ(scene.status(1).container, scene.agent->container_of(Scene::id(1)));
  EXPECT_TRUE(scene.containers.contains(scene.agent->container_of(Scene::id(1))));
  EXPECT_EQ(scene.report().workloads.at(Scene::id(1)), Scene::app());
}

TEST(Agent, AnInstanceThatExitsRunsAgainAtOnceWithoutAManager) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.pass(minutes(10));  // Nothing has come from the manager since.
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

TEST(Agent, AnEmptyAssignmentStopsEverythingAndNothingRestarts) {
  Scene scene;
  scene.assign({Scene::assigned(1), Scene::assigned(2, DesiredState::kStage)});
  scene.assign({});
  scene.pass(minutes(2));
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.report().instances, IsEmpty());
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
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

TEST(Agent, ALostRuntimeIsAProblemThatIsReportedAtOnceAndPassesOnceItIsBack) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.pass(milliseconds(1100));
  scene.forget_history();
  scene.runtime_goes_down();
  ASSERT_THAT(heartbeats(scene), SizeIs(1));
  EXPECT_EQ(heartbeats(scene)[0].report->problem, "the container runtime is away");
  scene.pass(minutes(1));
  EXPECT_THAT(heartbeats(scene), SizeIs(121));  // It goes on sending heartbeats.
  scene.runtime_comes_up();
  scene.pass(milliseconds(20));
  ASSERT_TRUE(heartbeats(scene).back().report);
  EXPECT_EQ(heartbeats(scene).back().report->problem, "");
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_FALSE(scene.runtime_touched());
}

TEST(Agent, NothingIsRequestedFromALostRuntimeAndTheWorkIsDoneOnceItIsBack) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.runtime_goes_down();
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

// Goal: a runtime that hangs but keeps its stream of notices open counts as lost: a problem, and
// nothing more is requested from it until it answers.
TEST(Agent, ARuntimeThatHangsIsAProblemUntilItAnswersAgain) {
  Scene scene;
  scene.assign({Scene::assigned(1)});
  scene.listing_error = Error{ErrorCode::kTimeout, "no answer in time"};
  scene.listing_takes = seconds(10);
  scene.gives_notice = false;
  scene.pass(RuntimeInventory::kPeriod + seconds(25));
  EXPECT_THAT(scene.problem(), HasSubstr("cannot be listed: no answer in time"));
  scene.forget_history();
  scene.crash(1);
  scene.assign({Scene::assigned(1), Scene::assigned(2)});
  scene.pass(minutes(5));
  EXPECT_FALSE(scene.runtime_touched());
  EXPECT_THAT(scene.done<TakeInventory>().size(), testing::Gt(20U));
  EXPECT_EQ(applied(scene), 2U);
  scene.listing_error.reset();
  scene.listing_takes = Duration(0);
  scene.gives_notice = true;
  scene.pass(seconds(11));
  EXPECT_EQ(scene.problem(), "");
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
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

TEST(Agent, AnImageBuiltWhileTheRuntimeIsBeingListedIsReportedByTheNextListing) {
  Scene scene;
  scene.pass(RuntimeInventory::kPeriod - seconds(1));
  scene.listing_takes = seconds(10);
  scene.order_builds({Scene::order(1)});  // It ends during a listing.
  scene.pass(seconds(25));
  EXPECT_THAT(scene.report().images,
              testing::Contains(testing::StartsWith(Scene::order(1).reference)));
}

TEST(Agent, InstancesKeepRestartingWhileABuildRuns) {
  Scene scene;
  scene.build_takes = minutes(10);
  Assignment assignment = scene.next({Scene::assigned(1)});
  assignment.builds.push_back(Scene::order(1));
  scene.receive(assignment);
  scene.pass(minutes(1));
  scene.crash(1);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
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
