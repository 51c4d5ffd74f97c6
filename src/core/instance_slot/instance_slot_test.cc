#include "core/instance_slot/instance_slot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/instance_slot/slot_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::Ge;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Key;
using testing::Le;
using testing::SizeIs;

using Scene = SlotScene;

// Restarts. ---------------------------------------------------------------------------------------

TEST(InstanceSlot, AnAssignedInstanceRuns) {
  Scene scene;
  scene.assign();
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().restarts, 0U);
  EXPECT_THAT(scene.containers, ElementsAre(Key(scene.status().container)));
  EXPECT_EQ(scene.slot.workload(), scene.instance().workload);
}

TEST(InstanceSlot, AnInstanceThatExitsRunsAgainAtOnceInAFreshContainer) {
  Scene scene;
  scene.assign();
  scene.pass(10min);
  const ContainerId first = scene.status().container;
  scene.crash(3);  // No time passes.
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, first);
  EXPECT_EQ(scene.status().restarts, 1U);
  EXPECT_EQ(scene.status().last_exit->code, 3);
  EXPECT_THAT(scene.containers, SizeIs(1));  // The old one was removed.
}

TEST(InstanceSlot, EveryRunIsAFreshContainerThatRecordsHowManyCameBefore) {
  Scene scene;
  scene.assign();
  for (int i = 0; i < 4; ++i) {
    scene.pass(2min);
    scene.crash();
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

TEST(InstanceSlot, FurtherCrashesWaitLongerAndThenAreACrashLoop) {
  Scene scene;
  scene.assign();
  scene.crash();
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  for (const Duration wait : {1s, 2s, 4s}) {
    scene.crash();
    EXPECT_EQ(scene.status().state, InstanceState::kBackoff);
    EXPECT_THAT(scene.status().reason, HasSubstr("ended with exit code 1"));
    scene.pass(wait - 1ms);
    EXPECT_EQ(scene.running(), 0);
    scene.pass(wait / 5 + 1ms);
    EXPECT_EQ(scene.running(), 1);
  }
  scene.crash();
  EXPECT_EQ(scene.status().state, InstanceState::kCrashLoop);
  scene.pass(59s);
  EXPECT_EQ(scene.status().state, InstanceState::kCrashLoop);
  scene.pass(14s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().restarts, 5U);
}

TEST(InstanceSlot, AHealthySpellForgetsTheBackoff) {
  Scene scene;
  scene.assign();
  scene.crash();
  scene.crash();
  scene.pass(2s + 1min);
  scene.crash();
  EXPECT_EQ(scene.running(), 1);
}

TEST(InstanceSlot, TheLastContainerStaysReadableUntilTheNextOneIsCreated) {
  Scene scene;
  scene.assign();
  scene.crash();
  scene.crash();
  ASSERT_EQ(scene.status().state, InstanceState::kBackoff);
  const ContainerId last = scene.status().container;
  scene.pass(900ms);
  EXPECT_THAT(scene.containers, ElementsAre(Key(last)));
  scene.pass(400ms);
  EXPECT_NE(scene.status().container, last);
  EXPECT_THAT(scene.containers, ElementsAre(Key(scene.status().container)));
  scene.crash();
  scene.unassign();
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(InstanceSlot, AnInstanceThatIsAssignedAgainWhileItsContainerIsBeingStoppedWaitsForThat) {
  Scene scene;
  scene.assign();
  scene.stop_takes = 5s;
  scene.unassign();
  scene.pass(1s);
  scene.assign();
  scene.pass(1s);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1)) << "two would run meanwhile";
  EXPECT_THAT(scene.status().reason, HasSubstr("still being stopped"));
  scene.pass(5s);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

TEST(InstanceSlot, AnInstanceWaitsForItsImageAndGivesTheReason) {
  Scene scene;
  scene.image = {.is_there = false, .reason = "its image cannot be fetched: no manager answers"};
  scene.assign();
  EXPECT_EQ(scene.status().state, InstanceState::kFetching);
  EXPECT_EQ(scene.status().reason, scene.image.reason);
  EXPECT_THAT(scene.history, IsEmpty());
  scene.image = {.is_there = true};
  scene.step([] {});
  scene.pass(0s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().reason, "");
  EXPECT_EQ(scene.status().restarts, 0U);
}

TEST(InstanceSlot, AContainerThatCannotBeStartedIsReplacedWithBackoffAndTheReasonReported) {
  Scene scene;
  scene.start_error = Error{ErrorCode::kFailed, "no such command"};
  scene.assign();
  EXPECT_EQ(scene.status().state, InstanceState::kBackoff);
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be started: no such command"));
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));  // The second one at once.
  EXPECT_THAT(scene.containers, IsEmpty());
  scene.pass(5min);
  EXPECT_EQ(scene.status().state, InstanceState::kCrashLoop);
  EXPECT_THAT(scene.done<CreateContainer>().size(), AllOf(Ge(7U), Le(10U)));
  EXPECT_THAT(scene.containers, IsEmpty());
  scene.start_error.reset();
  scene.pass(73s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().reason, "");
}

// Goal: a runtime that hung may still do what nothing waits for; that makes no second container.
TEST(InstanceSlot, AStartWithoutAnAnswerIsRequestedAgainForTheSameContainer) {
  for (const ErrorCode code : {ErrorCode::kTimeout, ErrorCode::kUnavailable}) {
    Scene scene;
    scene.start_error = Error{code, "no answer within 60 s"};
    scene.assign();
    scene.pass(30s);
    EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
    EXPECT_THAT(scene.done<StartContainer>().size(), AllOf(Ge(4U), Le(8U))) << "with backoff";
    EXPECT_THAT(scene.status().reason, HasSubstr("cannot be started: no answer within 60 s"));
    const ContainerId container = scene.status().container;
    scene.containers.at(container).state = ContainerState::kRunning;  // It was started after all.
    scene.step([&] { scene.slot.on_started(container, scene.turn, scene.prng); });
    scene.start_error.reset();
    scene.pass(2min);
    EXPECT_EQ(scene.status().state, InstanceState::kRunning);
    EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
  }
}

TEST(InstanceSlot, AFailedStartOfWhichTheRuntimeAlsoNotifiesAnExitCountsOnce) {
  Scene scene;
  scene.start_error = Error{ErrorCode::kFailed, "no such command"};
  scene.failed_start_is_noticed = true;
  scene.assign();
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));  // The first restart is at once.
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be started: no such command"));
  scene.pass(1200ms);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(3));  // The next one after a second.
  EXPECT_EQ(scene.status().state, InstanceState::kBackoff);
}

TEST(InstanceSlot, AContainerThatCannotBeCreatedIsTriedAgainWithBackoff) {
  Scene scene;
  scene.create_error = Error{ErrorCode::kExhausted, "no space left"};
  scene.assign();
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be created: no space left"));
  scene.pass(999ms);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  scene.create_error.reset();
  scene.pass(201ms);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

// Goal: a container whose log or files filled the disk does not prevent its successor.
TEST(InstanceSlot, ADeadContainerIsRemovedIfTheDiskHasNoRoomForItsSuccessor) {
  Scene scene;
  scene.assign();
  scene.dead_containers_fill_disk = true;
  scene.crash();
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be created: no disk left"));
  EXPECT_EQ(scene.status().container, ContainerId{});
  EXPECT_EQ(scene.status().last_exit->code, 1);
  scene.pass(1200ms);
  EXPECT_EQ(scene.running(), 1);
}

TEST(InstanceSlot, ADeadContainerStaysReadableIfItsSuccessorCannotBeCreatedForAnotherReason) {
  Scene scene;
  scene.assign();
  const ContainerId last = scene.status().container;
  scene.create_error = Error{ErrorCode::kFailed, "the driver is broken"};
  scene.crash();
  scene.pass(5min);
  EXPECT_THAT(scene.containers, ElementsAre(Key(last)));
}

TEST(InstanceSlot, AContainerRemovedByHandIsReplaced) {
  Scene scene;
  scene.assign();
  const ContainerId first = scene.status().container;
  scene.containers.erase(first);
  scene.step([&] { scene.slot.on_removed(first, scene.turn, scene.prng); });
  scene.pass(0s);
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().restarts, 1U);
}

// Listings. ---------------------------------------------------------------------------------------

TEST(InstanceSlot, AnExitWhoseNoticeWasLostIsFoundByTheNextListing) {
  Scene scene;
  scene.assign();
  Container& container = scene.containers.at(scene.status().container);
  container.state = ContainerState::kExited;
  container.exit = ContainerExit{.code = 9, .out_of_memory = OutOfMemory::kMain, .at = {}};
  scene.list();
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().last_exit->code, 9);
  EXPECT_EQ(scene.status().restarts, 1U);
}

TEST(InstanceSlot, ARemovalWhoseNoticeWasLostIsFoundByTheNextListing) {
  Scene scene;
  scene.assign();
  scene.containers.clear();
  scene.list();
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().restarts, 1U);
}

TEST(InstanceSlot, AnExitThatTheRuntimeDoesNotExplainIsStillAnExit) {
  Scene scene;
  scene.assign();
  scene.crash(3);
  scene.containers.at(scene.status().container).state = ContainerState::kExited;
  scene.list();
  EXPECT_EQ(scene.status().state, InstanceState::kBackoff);
  EXPECT_EQ(scene.status().reason, "it ended, and the runtime does not report how");
  EXPECT_EQ(scene.status().restarts, 2U);
  EXPECT_EQ(scene.status().last_exit, std::nullopt);  // The earlier one was of another container.
}

// Goal: a listing from before a container was replaced does not undo the replacement.
TEST(InstanceSlot, AListingOlderThanWhatWasDoneMeanwhileIsNotBelieved) {
  Scene scene;
  scene.assign();
  const Listing old = scene.ask_listing();
  scene.crash();
  const ContainerId second = scene.status().container;
  scene.deliver(old);
  EXPECT_EQ(scene.status().container, second);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(2));
  EXPECT_EQ(scene.status().restarts, 1U);
}

TEST(InstanceSlot, AListingIsNotBelievedWhileAContainerIsBeingCreated) {
  Scene scene;
  scene.create_takes = 5s;
  scene.assign();
  EXPECT_FALSE(scene.slot.may_believe({.inventory = {}, .asked_in = scene.turn.number}));
}

TEST(InstanceSlot, OfTwoContainersOfOneInstanceTheRunningOneStays) {
  Scene scene;
  scene.plant(ContainerState::kCreated);
  const ContainerId running = scene.plant(ContainerState::kRunning);
  scene.plant(ContainerState::kExited);
  scene.slot.assign(scene.instance());
  scene.list();
  EXPECT_EQ(scene.status().container, running);
  EXPECT_THAT(scene.containers, ElementsAre(Key(running)));
  EXPECT_THAT(scene.done<CreateContainer>(), IsEmpty());
  EXPECT_THAT(scene.done<StartContainer>(), IsEmpty());
}

TEST(InstanceSlot, ARestartedAgentKeepsTheRunningContainerAndItsCount) {
  Scene scene;
  scene.assign();
  scene.crash();
  const ContainerId kept = scene.status().container;
  scene.history.clear();
  scene.slot = InstanceSlot(Scene::kSettings);
  scene.slot.assign(scene.instance());
  scene.list();
  scene.pass(2min);
  EXPECT_THAT(scene.history, IsEmpty());
  EXPECT_EQ(scene.status().container, kept);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().restarts, 1U);  // The container records it.
}

TEST(InstanceSlot, NoticesOfUnknownContainersChangeNothing) {
  Scene scene;
  scene.assign();
  const InstanceSlot::State before = scene.slot.save();
  scene.slot.on_started({"foreign"}, scene.turn, scene.prng);
  scene.slot.on_exited({"foreign"}, {}, scene.turn, scene.prng);
  scene.slot.on_removed({"foreign"}, scene.turn, scene.prng);
  EXPECT_EQ(scene.slot.save(), before);
}

// Removal. ----------------------------------------------------------------------------------------

TEST(InstanceSlot, AnUnassignedInstanceIsStoppedRemovedAndEmpty) {
  Scene scene;
  scene.assign();
  const ContainerId gone = scene.status().container;
  scene.unassign();
  EXPECT_EQ(scene.status().state, InstanceState::kStopping);
  EXPECT_EQ(scene.slot.workload(), scene.instance().workload);
  EXPECT_FALSE(scene.slot.is_empty());
  ASSERT_THAT(scene.done<StopContainer>(), SizeIs(1));
  EXPECT_EQ(scene.done<StopContainer>()[0].container, gone);
  EXPECT_EQ(scene.done<StopContainer>()[0].grace, Scene::kSettings.stop_grace);
  scene.pass(1s);
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_TRUE(scene.slot.is_empty());
  scene.pass(2min);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
}

TEST(InstanceSlot, AContainerThatIsBeingCreatedWhenItIsUnassignedDoesNotEscape) {
  Scene scene;
  scene.create_takes = 5s;
  scene.assign();
  scene.pass(1s);
  scene.unassign();
  EXPECT_EQ(scene.status().state, InstanceState::kStopping);
  EXPECT_FALSE(scene.slot.is_empty());
  scene.pass(5s);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
  EXPECT_THAT(scene.done<StartContainer>(), IsEmpty());
  EXPECT_THAT(scene.containers, IsEmpty());
  EXPECT_TRUE(scene.slot.is_empty());
}

TEST(InstanceSlot, AContainerThatIsBeingStartedWhenItIsUnassignedIsStoppedOnceItRuns) {
  Scene scene;
  scene.start_takes = 5s;
  scene.assign();
  scene.pass(1s);
  scene.unassign();
  scene.pass(3s);
  EXPECT_THAT(scene.done<RemoveContainer>(), IsEmpty());
  scene.pass(5s);
  EXPECT_THAT(scene.done<StopContainer>(), SizeIs(1));
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(InstanceSlot, ARemovalThatFailsIsRetriedPeriodically) {
  Scene scene;
  scene.assign();
  scene.remove_error = Error{ErrorCode::kFailed, "device is busy"};
  scene.unassign();
  scene.pass(9s);
  EXPECT_EQ(scene.status().state, InstanceState::kStopping);
  EXPECT_THAT(scene.done<RemoveContainer>().size(), AllOf(Ge(4U), Le(5U)));
  scene.remove_error.reset();
  scene.pass(2s);
  EXPECT_THAT(scene.containers, IsEmpty());
}

TEST(InstanceSlot, AnInstanceThatIsAssignedAgainWhileItStopsRunsInAFreshContainer) {
  Scene scene;
  scene.stop_takes = 5s;
  scene.assign();
  const ContainerId first = scene.status().container;
  scene.unassign();
  scene.assign();
  scene.pass(6s);
  EXPECT_EQ(scene.running(), 1);
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_NE(scene.status().container, first);
  EXPECT_EQ(scene.status().restarts, 0U);  // It was stopped, it did not exit on its own.
}

// Staging. ----------------------------------------------------------------------------------------

TEST(InstanceSlot, AStagedInstanceHasItsContainerAndDoesNotRun) {
  Scene scene;
  scene.assign(DesiredState::kStage);
  scene.pass(2min);
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_EQ(scene.running(), 0);
  EXPECT_EQ(scene.status().state, InstanceState::kStaged);
}

TEST(InstanceSlot, AStagedInstanceThatIsPromotedStartsTheContainerItHas) {
  Scene scene;
  scene.assign(DesiredState::kStage);
  const ContainerId staged = scene.status().container;
  scene.assign();
  EXPECT_EQ(scene.running(), 1);
  EXPECT_EQ(scene.status().container, staged);
  EXPECT_THAT(scene.done<CreateContainer>(), SizeIs(1));
}

// Reports and state. ------------------------------------------------------------------------------

TEST(InstanceSlot, AnInstanceOfWhichNothingIsKnownYetIsNotReported) {
  InstanceSlot slot(Scene::kSettings);
  slot.assign(Scene().instance());
  EXPECT_EQ(slot.reported_status(), std::nullopt);
}

// Goal: an agent that starts while a container is being stopped does not make it look removed. A
// report is complete: what is not in it is not on the node.
TEST(InstanceSlot, AContainerThatMustBeStoppedIsReportedBeforeAnythingIsDoneAboutIt) {
  Scene scene;
  const ContainerId left = scene.plant(ContainerState::kRunning);
  InstanceSlot slot(Scene::kSettings);
  slot.on_listed(scene.containers.at(left), scene.turn, scene.prng);
  const std::optional<InstanceStatus> status = slot.reported_status();
  ASSERT_TRUE(status);
  EXPECT_EQ(status->state, InstanceState::kStopping);
  EXPECT_EQ(status->container, left);
}

// Goal: at any moment, a copy made from the saved state behaves like the original.
TEST(InstanceSlot, ACopyOfItsStateBehavesLikeIt) {
  Scene original, swapped;
  for (Scene* scene : {&original, &swapped}) {
    scene->create_takes = 30ms;
    scene->start_takes = 50ms;
  }
  const auto live = [&](const std::function<void(Scene&)>& happen) {
    for (Scene* scene : {&original, &swapped}) {
      happen(*scene);
      for (int i = 0; i < 40; ++i) {
        scene->pass(25ms);
        if (scene == &swapped) scene->slot = InstanceSlot(Scene::kSettings, scene->slot.save());
      }
    }
    EXPECT_EQ(swapped.slot.save(), original.slot.save());
    EXPECT_EQ(swapped.history, original.history);
  };
  live([](Scene& scene) { scene.assign(DesiredState::kStage); });
  live([](Scene& scene) { scene.assign(); });
  for (int i = 0; i < 5; ++i) live([](Scene& scene) { scene.crash(); });
  live([](Scene& scene) { scene.unassign(); });
}

}  // namespace
}  // namespace hearth::core
