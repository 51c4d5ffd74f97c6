// An instance whose container somebody else created.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "core/instance_slot/instance_slot.h"
#include "core/instance_slot/slot_scene.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;
using Restart = AdoptedContainer::Restart;

struct Scene : SlotScene {
  explicit Scene(Restart restart = Restart::kRecreate) {
    spec.adopted = AdoptedContainer{.name = "db", .restart = restart};
    spec.replace = ReplaceOrder::kStopFirst;
  }
  Container* only() { return containers.size() == 1 ? &containers.begin()->second : nullptr; }
};

TEST(AdoptedInstance, IsTheContainerThatRunsAlready) {
  Scene scene;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.image = {.is_there = false, .reason = "no such image"};
  scene.assign();
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().container, db);
  EXPECT_EQ(scene.status().restarts, 0U);
  EXPECT_THAT(scene.history, SizeIs(1)) << "it is adopted, and nothing else is done to it";
  EXPECT_EQ(scene.done<AdoptContainer>().at(0).name, "db");
}

TEST(AdoptedInstance, OneThatDoesNotRunIsStartedAsItIs) {
  Scene scene;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kExited);
  scene.assign();
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().container, db);
  EXPECT_EQ(scene.status().restarts, 0U);
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
}

// Goal: a runtime that hangs fails no release of an adopted container, which can be nowhere else.
TEST(AdoptedInstance, ARuntimeThatDoesNotAnswerSaysNothingOfTheContainer) {
  Scene scene;
  scene.make_by_hand("db", ContainerState::kRunning);
  scene.adopt_error = Error{ErrorCode::kTimeout, "no answer in time"};
  scene.assign();
  scene.pass(1s);
  EXPECT_FALSE(scene.status().cannot_start);
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be adopted: no answer in time"));
  scene.adopt_error.reset();
  scene.pass(2min);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

TEST(AdoptedInstance, AContainerThatIsNotThereIsLookedForAgain) {
  Scene scene;
  scene.assign();
  scene.pass(1s);
  EXPECT_TRUE(scene.status().cannot_start);
  EXPECT_EQ(scene.status().state, InstanceState::kBackoff);
  EXPECT_THAT(scene.status().reason, HasSubstr("cannot be adopted: there is no container 'db'"));
  scene.make_by_hand("db", ContainerState::kRunning);
  scene.pass(2min);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_FALSE(scene.status().cannot_start);
}

TEST(AdoptedInstance, ThatEndedIsLeftAloneForAMomentAndThenRecreated) {
  Scene scene;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.crash(3);
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
  scene.pass(InstanceSlot::kLeftAlone);
  ASSERT_THAT(scene.done<RecreateContainer>(), SizeIs(1));
  EXPECT_EQ(scene.done<RecreateContainer>().at(0).restarts, 1U);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, db);
  EXPECT_EQ(scene.status().restarts, 1U);
  EXPECT_EQ(scene.status().failures, 1U);
  EXPECT_EQ(scene.status().last_exit->code, 3);
  EXPECT_THAT(scene.containers, SizeIs(1));
  EXPECT_THAT(scene.done<RemoveContainer>(), IsEmpty()) << "its runtime does that";
}

TEST(AdoptedInstance, IsStartedAgainWhereThatIsAskedFor) {
  Scene scene(Restart::kStart);
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  for (int i = 1; i <= 3; ++i) {
    scene.pass(2min);
    scene.crash();
    scene.list();  // It is listed as exited, which is known.
    scene.pass(1min);
    EXPECT_EQ(scene.status().state, InstanceState::kRunning);
    EXPECT_EQ(scene.status().container, db);
    EXPECT_EQ(scene.status().restarts, static_cast<std::uint32_t>(i));
  }
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
}

TEST(AdoptedInstance, ThatCannotBeStartedIsTriedAgain) {
  for (const Restart restart : {Restart::kStart, Restart::kRecreate}) {
    Scene scene(restart);
    scene.make_by_hand("db", ContainerState::kRunning);
    scene.assign();
    scene.pass(10min);
    scene.start_error = Error{ErrorCode::kFailed, "port is already allocated"};
    scene.crash();
    scene.pass(1min);
    EXPECT_THAT(scene.status().reason, HasSubstr("port is already allocated"));
    EXPECT_TRUE(scene.status().cannot_start);
    EXPECT_THAT(scene.containers, SizeIs(1)) << "it is not removed for that";
    scene.start_error.reset();
    scene.pass(5min);
    EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  }
}

TEST(AdoptedInstance, ThatSomebodyStartsByHandServesAgain) {
  Scene scene;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.crash(0);
  scene.pass(1s);
  scene.start_by_hand(db);
  scene.pass(1min);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().container, db);
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
}

TEST(AdoptedInstance, FollowsItsNameToTheContainerThatComposeMakesInItsPlace) {
  Scene scene;
  const ContainerId old = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.crash(0);
  scene.remove_by_hand(old);
  const ContainerId next = scene.make_by_hand("db", ContainerState::kCreated);
  scene.pass(10s);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_EQ(scene.status().container, next);
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
}

TEST(AdoptedInstance, WhoseContainerVanishedUnseenIsFoundByItsName) {
  Scene scene;
  const ContainerId old = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.containers.erase(old);
  const ContainerId next = scene.make_by_hand("db", ContainerState::kRunning);
  scene.list();
  EXPECT_EQ(scene.status().container, next);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

TEST(AdoptedInstance, WhoseContainerIsGoneWhenItIsToBeRecreatedIsFoundByItsName) {
  Scene scene;
  scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.create_error = Error{ErrorCode::kNotFound, "there is no such container"};
  const ContainerId next = scene.make_by_hand("db", ContainerState::kRunning);
  scene.crash();
  scene.pass(1min);
  EXPECT_EQ(scene.status().container, next);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
}

TEST(AdoptedInstance, ThatIsNotAssignedIsLetGoAsItIs) {
  Scene scene;
  scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.let_go_error = Error{ErrorCode::kTimeout, "no answer"};
  scene.unassign();
  EXPECT_FALSE(scene.slot.is_empty());
  EXPECT_EQ(scene.slot.reported_status()->state, InstanceState::kStopping);
  scene.let_go_error.reset();
  scene.pass(SlotContainers::kClearingRetry);
  EXPECT_TRUE(scene.slot.is_empty());
  EXPECT_THAT(scene.done<LetGo>(), SizeIs(2));
  EXPECT_THAT(scene.done<StopContainer>(), IsEmpty());
  EXPECT_THAT(scene.done<RemoveContainer>(), IsEmpty());
}

// Goal: an agent that starts after its assignment has changed lets go of what it adopted, although
// no specification says any longer that it was.
TEST(AdoptedInstance, ThatIsOnlyListedIsLetGo) {
  Scene scene;
  const ContainerId db = scene.plant(ContainerState::kRunning);
  scene.containers.at(db).adopted = true;
  scene.list();
  EXPECT_TRUE(scene.slot.is_empty());
  EXPECT_THAT(scene.done<LetGo>(), SizeIs(1));
  EXPECT_THAT(scene.done<StopContainer>(), IsEmpty());
}

TEST(AdoptedInstance, ThatIsListedServesWithoutBeingAdoptedAgain) {
  Scene scene;
  const ContainerId db = scene.plant(ContainerState::kRunning);
  scene.containers.at(db).adopted = true;
  scene.slot.assign(scene.instance());
  scene.list();
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_THAT(scene.history, IsEmpty());
}

TEST(AdoptedInstance, ThatIsHeldIsStoppedAndKept) {
  Scene scene;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.assign(DesiredState::kStage);
  scene.pass(1min);
  EXPECT_EQ(scene.status().state, InstanceState::kStaged);
  EXPECT_EQ(scene.status().failures, 0U);
  EXPECT_EQ(scene.status().restarts, 0U);
  ASSERT_THAT(scene.containers, SizeIs(1));
  EXPECT_EQ(scene.containers.at(db).state, ContainerState::kExited);
  scene.list();
  EXPECT_EQ(scene.status().state, InstanceState::kStaged);
  EXPECT_EQ(scene.status().container, db) << "what it watches";
  scene.start_by_hand(db);
  scene.list();
  scene.pass(1min);
  EXPECT_EQ(scene.containers.at(db).state, ContainerState::kExited) << "it is to be stopped";
  scene.unassign();
  EXPECT_EQ(scene.done<LetGo>().size(), 1U);
}

TEST(AdoptedInstance, IsRestartedOnceIfAnOperatorAskedForThat) {
  Scene scene;
  scene.spec.adopted->afresh = true;
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(1min);
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, db);
  EXPECT_EQ(scene.status().failures, 0U);
  EXPECT_THAT(scene.done<RecreateContainer>(), SizeIs(1));
}

TEST(AdoptedInstance, ThatALogRuleRestartsIsStoppedAndRecreatedAtOnce) {
  Scene scene;
  scene.spec.log_rules.push_back({.name = "panic",
                                  .condition = MustNotAppear{.pattern = "panic"},
                                  .action = HealthAction::kRestart});
  const ContainerId db = scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.pass(10min);
  scene.write("panic: no luck");
  scene.pass(1s);
  EXPECT_THAT(scene.done<StopContainer>(), SizeIs(1));
  EXPECT_EQ(scene.status().state, InstanceState::kRunning);
  EXPECT_NE(scene.status().container, db);
  EXPECT_EQ(scene.status().failures, 1U);
}

TEST(AdoptedInstance, WhoseSpecificationLeavesItEndedStaysAsItIs) {
  Scene scene;
  scene.spec.restart = RestartPolicy::kNever;
  scene.make_by_hand("db", ContainerState::kRunning);
  scene.assign();
  scene.crash(0);
  scene.pass(10min);
  EXPECT_EQ(scene.status().state, InstanceState::kCompleted);
  EXPECT_THAT(scene.done<RecreateContainer>(), IsEmpty());
  EXPECT_THAT(scene.containers, SizeIs(1));
}

}  // namespace
}  // namespace hearth::core
