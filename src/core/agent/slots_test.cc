#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/agent/agent_scene.h"

namespace hearth::core {
namespace {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Le;
using testing::SizeIs;

using Scene = AgentScene;

// Restarts. ---------------------------------------------------------------------------------------

TEST(AgentSlots, WhatIsAssignedRunsAndIsTold) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2)});
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).restarts, 0U);
  EXPECT_EQ(scene.status(1).container, scene.agent->container_of(Scene::id(1)));
  EXPECT_TRUE(scene.containers.contains(scene.agent->container_of(Scene::id(1))));
  EXPECT_EQ(scene.report().workloads.at(Scene::id(1)), Scene::app());
}

TEST(AgentSlots, WhatEndsRunsAgainAtOnceWithoutAskingAnyone) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.pass(minutes(10));  // No manager was heard of since.
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

TEST(AgentSlots, EveryRunIsAFreshContainerThatTellsHowManyCameBefore) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  for (int i = 0; i < 4; ++i) {
    scene.pass(minutes(2));
    scene.crash(1);
  }
  std::vector<std::uint32_t> before;
  for (const CreateContainer& one : scene.done<CreateContainer>()) before.push_back(one.restarts);
  EXPECT_THAT(before, ElementsAre(0, 1, 2, 3, 4));
  std::set<ContainerId> started;
  for (const StartContainer& one : scene.done<StartContainer>()) {
    EXPECT_TRUE(started.insert(one.container).second) << one.container.str();
  }
  EXPECT_THAT(started, SizeIs(5));
}

TEST(AgentSlots, FurtherCrashesWaitLongerThenAreACrashLoopAndOthersDoNotWait) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2)});
  scene.crash(1);
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  for (const Duration wait : {seconds(1), seconds(2), seconds(4)}) {
    scene.crash(1);
    EXPECT_EQ(scene.status(1).state, InstanceState::kBackoff);
    EXPECT_THAT(scene.status(1).reason, HasSubstr("exit code 1"));
    scene.pass(wait - milliseconds(1));
    EXPECT_THAT(scene.running(), ElementsAre(Scene::id(2)));
    scene.pass(wait / 5 + milliseconds(1));
    EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  }
  scene.crash(1);
  EXPECT_EQ(scene.status(1).state, InstanceState::kCrashLoop);
  scene.crash(2);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(2)));  // Its first.
  scene.pass(seconds(59));
  EXPECT_EQ(scene.status(1).state, InstanceState::kCrashLoop);
  scene.pass(seconds(14));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).restarts, 5U);
}

TEST(AgentSlots, TheLastContainerStaysReadableUntilTheNextOneIsMade) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.crash(1);
  scene.crash(1);
  ASSERT_EQ(scene.status(1).state, InstanceState::kBackoff);
  const ContainerId last = scene.status(1).container;
  scene.pass(milliseconds(900));
  EXPECT_THAT(scene.containers, ElementsAre(testing::Key(last)));
  scene.pass(milliseconds(400));
  EXPECT_NE(scene.status(1).container, last);
  EXPECT_THAT(scene.containers, ElementsAre(testing::Key(scene.status(1).container)));
  scene.crash(1);
  scene.assign({});
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(AgentSlots, AHealthySpellForgetsTheBackoff) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.crash(1);
  scene.crash(1);
  scene.pass(seconds(2) + minutes(1));
  scene.crash(1);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

TEST(AgentSlots, AContainerThatCannotBeStartedIsReplacedWithBackoffAndTheReasonTold) {
  Scene scene;
  scene.start_error = Error{ErrorCode::kFailed, "no such command"};
  scene.assign({Scene::wish(1)});
  EXPECT_EQ(scene.status(1).state, InstanceState::kBackoff);
  EXPECT_THAT(scene.status(1).reason, HasSubstr("cannot be started: no such command"));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));  // The second at once.
  EXPECT_THAT(scene.containers, IsEmpty());
  scene.pass(minutes(5));
  EXPECT_EQ(scene.status(1).state, InstanceState::kCrashLoop);
  EXPECT_THAT(scene.done<CreateContainer>().size(), AllOf(Ge(7U), Le(10U)));
  EXPECT_THAT(scene.containers, IsEmpty());
  scene.start_error.reset();
  scene.pass(seconds(73));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).reason, "");
}

// Goal: an engine that hung does in the end what nobody waited for; that makes no second container.
TEST(AgentSlots, AStartWithoutAnAnswerIsAskedForAgainOfTheSameContainer) {
  for (const ErrorCode code : {ErrorCode::kTimeout, ErrorCode::kUnavailable}) {
    Scene scene;
    scene.start_error = Error{code, "no answer within 60 s"};
    scene.assign({Scene::wish(1)});
    scene.pass(seconds(30));
    EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
    EXPECT_THAT(scene.done<StartContainer>().size(), AllOf(Ge(4U), Le(8U))) << "with backoff";
    EXPECT_THAT(scene.status(1).reason, HasSubstr("cannot be started: no answer within 60 s"));
    const auto& [container, made] = *scene.containers.begin();
    scene.containers.at(container).state = ContainerState::kRunning;  // It came to it.
    scene.step(ContainerStarted{container, made.instance});
    scene.start_error.reset();
    scene.pass(minutes(2));
    EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
    EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
  }
}

TEST(AgentSlots, AFailedStartThatTheEngineAlsoTellsAsAnEndCountsOnce) {
  Scene scene;
  scene.start_error = Error{ErrorCode::kFailed, "no such command"};
  scene.failed_start_is_noticed = true;
  scene.assign({Scene::wish(1)});
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));  // The first restart is at once.
  EXPECT_THAT(scene.status(1).reason, HasSubstr("cannot be started: no such command"));
  scene.pass(milliseconds(1200));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(3));  // The next after a second.
  EXPECT_EQ(scene.status(1).state, InstanceState::kBackoff);
}

TEST(AgentSlots, AContainerThatCannotBeCreatedIsTriedAgainWithBackoff) {
  Scene scene;
  scene.create_error = Error{ErrorCode::kExhausted, "no space left"};
  scene.assign({Scene::wish(1)});
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  EXPECT_THAT(scene.status(1).reason, HasSubstr("cannot be created: no space left"));
  scene.pass(milliseconds(999));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  scene.create_error.reset();
  scene.pass(milliseconds(201));
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
}

// Goal: a container whose log or files filled the disk does not keep its successor from being made.
TEST(AgentSlots, ADeadContainerGoesIfTheDiskHasNoRoomForItsSuccessor) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.dead_containers_fill_disk = true;
  scene.crash(1);
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.status(1).reason, HasSubstr("cannot be created: no disk left"));
  EXPECT_EQ(scene.status(1).container, ContainerId{});
  EXPECT_EQ(scene.status(1).last_exit->code, 1);
  scene.pass(milliseconds(1200));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
}

TEST(AgentSlots, ADeadContainerStaysReadableIfItsSuccessorCannotBeMadeForAnotherReason) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  const ContainerId last = scene.agent->container_of(Scene::id(1));
  scene.create_error = Error{ErrorCode::kFailed, "the driver is broken"};
  scene.crash(1);
  scene.pass(minutes(5));
  EXPECT_THAT(scene.containers, ElementsAre(testing::Key(last)));
}

TEST(AgentSlots, AContainerRemovedByHandIsReplaced) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.containers.erase(first);
  scene.step(ContainerRemoved{first, Scene::id(1)});
  scene.pass(Duration(0));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_EQ(scene.status(1).restarts, 1U);
}

TEST(AgentSlots, AnEndWhoseNoticeWasLostIsFoundByTheNextListing) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2)});
  Container& container = scene.containers.at(scene.agent->container_of(Scene::id(1)));
  container.state = ContainerState::kExited;
  container.exit = ContainerExit{.code = 9, .out_of_memory = true, .at = scene.now().wall};
  scene.containers.erase(scene.agent->container_of(Scene::id(2)));
  scene.pass(RuntimeInventory::kPeriod);
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1), Scene::id(2)));
  EXPECT_EQ(scene.status(1).last_exit->code, 9);
  EXPECT_EQ(scene.status(1).restarts, 1U);
  EXPECT_EQ(scene.status(2).restarts, 1U);
}

TEST(AgentSlots, AnEndOfWhichTheEngineDoesNotTellHowIsAnEndAllTheSame) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.crash(1, 3);
  scene.containers.at(scene.agent->container_of(Scene::id(1))).state = ContainerState::kExited;
  scene.pass(RuntimeInventory::kPeriod);
  EXPECT_EQ(scene.status(1).state, InstanceState::kBackoff);
  EXPECT_EQ(scene.status(1).reason, "it ended, and the engine does not tell how");
  EXPECT_EQ(scene.status(1).restarts, 2U);
  EXPECT_EQ(scene.status(1).last_exit, std::nullopt);  // The one before was another's.
}

// Goal: a listing that was made before a container was replaced does not undo that.
TEST(AgentSlots, AListingOlderThanWhatWasDoneMeanwhileIsNotBelieved) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.listing_takes = seconds(2);
  scene.pass(RuntimeInventory::kPeriod + seconds(1));  // One is under way.
  scene.crash(1);
  const ContainerId second = scene.agent->container_of(Scene::id(1));
  scene.pass(seconds(5));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), second);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  EXPECT_EQ(scene.status(1).restarts, 1U);
}

// What should not be there. -----------------------------------------------------------------------

TEST(AgentSlots, WhatIsNotListedAnyMoreIsStoppedRemovedAndForgotten) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2)});
  const ContainerId kept = scene.agent->container_of(Scene::id(2));
  const ContainerId gone = scene.agent->container_of(Scene::id(1));
  scene.assign({Scene::wish(2)});
  EXPECT_EQ(scene.status(1).state, InstanceState::kStopping);
  EXPECT_EQ(scene.report().workloads.at(Scene::id(1)), Scene::app());
  ASSERT_THAT(scene.done<StopContainer>(), SizeIs(1));
  EXPECT_EQ(scene.done<StopContainer>()[0].container, gone);
  EXPECT_EQ(scene.done<StopContainer>()[0].grace, seconds(10));
  scene.pass(seconds(1));
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_THAT(scene.report().instances, SizeIs(1));
  EXPECT_EQ(scene.agent->container_of(Scene::id(2)), kept);
  EXPECT_EQ(scene.status(2).restarts, 0U);
}

TEST(AgentSlots, AnEmptyAssignmentStopsEverythingAndNothingComesBack) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2, InstanceDesire::kStage)});
  scene.assign({});
  scene.pass(minutes(2));
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.report().instances, IsEmpty());
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
}

TEST(AgentSlots, AContainerInTheMakingWhenItIsNoLongerListedDoesNotEscape) {
  Scene scene;
  scene.create_takes = seconds(5);
  scene.assign({Scene::wish(1)});
  scene.pass(seconds(1));
  scene.assign({});
  EXPECT_EQ(scene.status(1).state, InstanceState::kStopping);
  scene.pass(seconds(5));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
  EXPECT_THAT(scene.done<StartContainer>(), IsEmpty());
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.report().instances, IsEmpty());
}

TEST(AgentSlots, AContainerThatIsBeingStartedWhenItIsNoLongerListedIsStoppedOnceItRuns) {
  Scene scene;
  scene.start_takes = seconds(5);
  scene.assign({Scene::wish(1)});
  scene.pass(seconds(1));
  scene.assign({});
  scene.pass(seconds(3));
  EXPECT_THAT(scene.done<RemoveContainer>(), IsEmpty());
  scene.pass(seconds(5));
  EXPECT_THAT(scene.done<StopContainer>(), SizeIs(1));
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(AgentSlots, ARemovalThatFailsIsTriedAgainNowAndThen) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.remove_error = Error{ErrorCode::kFailed, "device is busy"};
  scene.assign({});
  scene.pass(seconds(9));
  EXPECT_EQ(scene.status(1).state, InstanceState::kStopping);
  EXPECT_THAT(scene.done<RemoveContainer>().size(), AllOf(Ge(4U), Le(5U)));
  scene.remove_error.reset();
  scene.pass(seconds(2));
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(AgentSlots, AnInstanceThatIsListedAgainWhileItStopsRunsInAFreshContainer) {
  Scene scene;
  scene.stop_takes = seconds(5);
  scene.assign({Scene::wish(1)});
  const ContainerId first = scene.agent->container_of(Scene::id(1));
  scene.assign({});
  scene.assign({Scene::wish(1)});
  scene.pass(seconds(6));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_NE(scene.agent->container_of(Scene::id(1)), first);
  EXPECT_EQ(scene.status(1).restarts, 0U);  // It was stopped, it did not end.
}

TEST(AgentSlots, AContainerOfOursThatIsNotAssignedIsStopped) {
  Scene scene;
  scene.plant(7, ContainerState::kRunning);
  scene.plant(8, ContainerState::kExited);
  scene.assign({Scene::wish(1)});
  scene.pass(RuntimeInventory::kPeriod + seconds(1));
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_THAT(scene.containers, SizeIs(1));
}

TEST(AgentSlots, OfTwoContainersOfOneInstanceTheRunningOneStays) {
  Scene scene(Scene::numbered(1, 1, {Scene::wish(1)}));
  const ContainerId created = scene.plant(1, ContainerState::kCreated);
  const ContainerId running = scene.plant(1, ContainerState::kRunning);
  scene.plant(1, ContainerState::kExited);
  scene.start_agent();
  scene.pass(seconds(4));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), running);
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_THAT(scene.done<CreateContainer>(), IsEmpty());
  EXPECT_THAT(scene.done<StartContainer>(), IsEmpty());
  EXPECT_FALSE(scene.containers.contains(created));
}

TEST(AgentSlots, NoticesOfContainersThatAreNotKnownChangeNothing) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  const Report before = scene.report();
  scene.forget_history();
  scene.step(ContainerStarted{{"foreign"}, {"somebody's"}});
  scene.step(ContainerExited{{"foreign"}, {"somebody's"}, {}});
  scene.step(ContainerRemoved{{"foreign"}, {"somebody's"}});
  scene.step(ContainerStarted{{"unheard-of"}, Scene::id(1)});
  scene.step(ContainerExited{{"unheard-of"}, Scene::id(1), {}});
  scene.step(ContainerRemoved{{"unheard-of"}, Scene::id(1)});
  scene.step(OperationDone{{999}, {}, {"unheard-of"}, {}});
  EXPECT_FALSE(scene.engine_touched());
  EXPECT_EQ(scene.report(), before);
}

// Staging. ----------------------------------------------------------------------------------------

TEST(AgentSlots, AStagedInstanceHasItsImageAndContainerAndDoesNotRun) {
  Scene scene;
  scene.assign({Scene::wish(1, InstanceDesire::kStage, 'c')});
  EXPECT_EQ(scene.status(1).state, InstanceState::kFetching);
  scene.pass(minutes(2));
  EXPECT_TRUE(scene.engine_images.contains(Scene::image('c').reference));
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_THAT(scene.running(), IsEmpty());
  EXPECT_EQ(scene.status(1).state, InstanceState::kStaged);
}

TEST(AgentSlots, AStagedInstanceThatIsPromotedStartsTheContainerItHas) {
  Scene scene;
  scene.assign({Scene::wish(1, InstanceDesire::kStage)});
  const ContainerId staged = scene.agent->container_of(Scene::id(1));
  scene.assign({Scene::wish(1)});
  EXPECT_THAT(scene.running(), ElementsAre(Scene::id(1)));
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), staged);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
}

// Starts of the agent and of the node. ------------------------------------------------------------

TEST(AgentSlots, ANodeThatBootsCutOffStartsTheLastAssignmentInFreshContainers) {
  Scene scene;
  scene.assign({Scene::wish(1), Scene::wish(2, InstanceDesire::kStage)});
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

TEST(AgentSlots, AnAgentThatStartsAgainKeepsWhatRuns) {
  Scene scene;
  scene.assign({Scene::wish(1)});
  scene.crash(1);
  const ContainerId kept = scene.agent->container_of(Scene::id(1));
  scene.forget_history();
  scene.start_agent();
  scene.pass(minutes(2));
  EXPECT_FALSE(scene.engine_touched());
  EXPECT_EQ(scene.agent->container_of(Scene::id(1)), kept);
  EXPECT_EQ(scene.status(1).state, InstanceState::kRunning);
  EXPECT_EQ(scene.status(1).restarts, 1U);  // The container tells.
}

TEST(AgentSlots, WithoutAnAssignmentNothingIsTouched) {
  Scene scene;
  scene.plant(1, ContainerState::kRunning);
  scene.plant(2, ContainerState::kExited);
  scene.start_agent();
  scene.step(AssignmentsCaughtUp{});
  scene.pass(minutes(2));
  EXPECT_FALSE(scene.engine_touched());
  EXPECT_THAT(scene.containers, SizeIs(2));
}

}  // namespace
}  // namespace hearth::core
