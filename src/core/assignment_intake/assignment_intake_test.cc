#include "core/assignment_intake/assignment_intake.h"

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "base/check.h"

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

constexpr MonoTime kStart{1h};
const Error kDiskFull{ErrorCode::kExhausted, "disk full"};

NodeName node(const char* name = "node-1") {
  return *NodeName::parse(name);
}

Assignment numbered(std::uint64_t epoch, std::uint64_t revision) {
  return {.node = node(),
          .number = {{epoch}, {revision}},
          .heartbeat_interval = 500ms,
          .instances = {},
          .images = {},
          .builds = {}};
}

AssignmentNumber number(std::uint64_t epoch, std::uint64_t revision) {
  return {{epoch}, {revision}};
}

/// An intake on a disk that answers when the test says so, and a clock.
struct Scene {
  explicit Scene(std::optional<Assignment> stored = std::nullopt)
      : intake(node(), std::move(stored), kStart) {}

  void receive(const Assignment& assignment) {
    intake.on_received(assignment, now);
    tend();
  }
  void catch_up() {
    intake.on_caught_up(now);
    tend();
  }
  /// The disk answers the save in progress. Returns whether another assignment is in force.
  bool answer(const Result<void>& outcome = {}) {
    HEARTH_CHECK(!unanswered.empty());
    const AssignmentNumber saved = unanswered.front();
    unanswered.erase(unanswered.begin());
    const bool changed = intake.on_saved(saved, outcome, now) != nullptr;
    tend();
    return changed;
  }
  bool refuse_save() { return answer(tl::unexpected(kDiskFull)); }
  /// Lets time pass, and calls the intake whenever it asked for it.
  void pass(Duration duration) {
    const MonoTime end = now + duration;
    for (;;) {
      const std::optional<MonoTime> next = intake.next_deadline();
      if (!next || *next > end) break;
      EXPECT_GT(*next, now) << "it asks to be woken at once, forever";
      now = *next;
      tend();
    }
    now = end;
  }
  void tend() {
    if (const std::optional<Assignment> save = intake.tend(now)) {
      saves.push_back(save->number);
      unanswered.push_back(save->number);
    }
    intake.check_invariants();
  }

  AssignmentIntake intake;
  MonoTime now = kStart;
  std::vector<AssignmentNumber> saves;       ///< All that it requested.
  std::vector<AssignmentNumber> unanswered;  ///< Those the disk is still storing.
};

/// An intake that read its topic to the end and found nothing.
Scene caught_up() {
  Scene scene;
  scene.catch_up();
  return scene;
}

TEST(AssignmentIntake, AnAssignmentIsInForceOnlyOnceItIsOnDisk) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 5));
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 5)));
  EXPECT_EQ(scene.intake.in_force(), nullptr);
  EXPECT_FALSE(scene.intake.may_act());
  EXPECT_TRUE(scene.answer());
  ASSERT_NE(scene.intake.in_force(), nullptr);
  EXPECT_EQ(*scene.intake.in_force(), numbered(1, 5));
  EXPECT_EQ(scene.intake.applied(), number(1, 5));
  EXPECT_TRUE(scene.intake.may_act());
}

TEST(AssignmentIntake, AnAssignmentThatCannotBeStoredIsAProblemAndRetriedEachSecond) {
  Scene scene(numbered(1, 1));
  scene.catch_up();
  scene.receive(numbered(1, 2));
  EXPECT_FALSE(scene.refuse_save());
  EXPECT_EQ(scene.intake.problem(), "its assignment cannot be stored: disk full");
  scene.pass(AssignmentIntake::kSaveRetry - 1ns);
  EXPECT_EQ(scene.saves.size(), 1U);
  scene.pass(1ns);
  EXPECT_EQ(scene.saves.size(), 2U);
  scene.refuse_save();
  scene.pass(AssignmentIntake::kSaveRetry);
  EXPECT_EQ(scene.saves.size(), 3U);
  EXPECT_EQ(scene.intake.applied(), number(1, 1));
  EXPECT_TRUE(scene.answer());
  EXPECT_EQ(scene.intake.applied(), number(1, 2));
  EXPECT_EQ(scene.intake.problem(), "");
}

TEST(AssignmentIntake, AnOlderEpochOrRevisionIsRefused) {
  Scene scene = caught_up();
  scene.receive(numbered(2, 5));
  scene.answer();
  scene.receive(numbered(2, 4));
  scene.receive(numbered(1, 9));
  EXPECT_EQ(scene.intake.refused(), 2U);
  EXPECT_EQ(scene.saves.size(), 1U);
  EXPECT_EQ(scene.intake.applied(), number(2, 5));
}

TEST(AssignmentIntake, OneOlderThanTheOneThatIsBeingStoredIsRefused) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 3));
  scene.receive(numbered(1, 2));
  EXPECT_EQ(scene.intake.refused(), 1U);
}

TEST(AssignmentIntake, TheFirstAssignmentOfANewLeaderIsAcceptedThoughItsRevisionIsLower) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 9));
  scene.answer();
  scene.receive(numbered(2, 1));
  EXPECT_TRUE(scene.answer());
  EXPECT_EQ(scene.intake.applied(), number(2, 1));
}

TEST(AssignmentIntake, AfterAStartOlderAssignmentsThanTheStoredOneAreRefused) {
  Scene scene(numbered(2, 5));
  scene.receive(numbered(2, 4));
  EXPECT_EQ(scene.intake.refused(), 1U);
  EXPECT_EQ(scene.intake.applied(), number(2, 5));
}

TEST(AssignmentIntake, ARepeatedAssignmentIsNeitherStoredNorRefused) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 1));
  scene.receive(numbered(1, 1));
  scene.answer();
  scene.receive(numbered(1, 1));
  EXPECT_EQ(scene.saves.size(), 1U);
  EXPECT_EQ(scene.intake.refused(), 0U);
}

TEST(AssignmentIntake, AnAssignmentOfAnotherNodeIsRefused) {
  Scene scene = caught_up();
  Assignment another = numbered(1, 1);
  another.node = node("node-2");
  scene.receive(another);
  scene.pass(1h);
  EXPECT_EQ(scene.intake.refused(), 1U);
  EXPECT_THAT(scene.saves, IsEmpty());
}

TEST(AssignmentIntake, AnAssignmentOnADiskCopiedFromAnotherNodeIsRefused) {
  Assignment another = numbered(1, 1);
  another.node = node("node-2");
  Scene scene(another);
  EXPECT_EQ(scene.intake.refused(), 1U);
  EXPECT_EQ(scene.intake.in_force(), nullptr);
}

// Goal: on a slow disk, assignments that change faster than they are stored are still followed, a
// little behind, and never one that is not on disk.
TEST(AssignmentIntake, EachAssignmentOnDiskIsInForceEvenIfANewerOneIsComing) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 1));
  scene.receive(numbered(1, 3));
  EXPECT_TRUE(scene.answer());
  EXPECT_EQ(scene.intake.applied(), number(1, 1));
  EXPECT_TRUE(scene.answer());
  EXPECT_EQ(scene.intake.applied(), number(1, 3));
}

TEST(AssignmentIntake, OneIsStoredAtATimeAndThenTheNewest) {
  Scene scene = caught_up();
  for (std::uint64_t revision = 1; revision <= 9; ++revision) scene.receive(numbered(1, revision));
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 1)));
  scene.answer();
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 1), number(1, 9)));
}

TEST(AssignmentIntake, ANewerOneIsStoredAtOnceEvenIfTheOneBeforeItCouldNotBe) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 1));
  scene.refuse_save();
  scene.receive(numbered(1, 2));
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 1), number(1, 2)));
  EXPECT_TRUE(scene.answer());
  EXPECT_EQ(scene.intake.problem(), "");
}

TEST(AssignmentIntake, AnUnexpectedAnswerChangesNothing) {
  Scene scene = caught_up();
  scene.receive(numbered(1, 1));
  EXPECT_EQ(scene.intake.on_saved(number(1, 2), {}, scene.now), nullptr);
  EXPECT_EQ(scene.intake.in_force(), nullptr);
  scene.answer();
  EXPECT_EQ(scene.intake.on_saved(number(1, 1), {}, scene.now), nullptr);
}

// Goal: the topic of a node that lost its disk delivers assignments from before its containers were
// started; they survive that.
TEST(AssignmentIntake, OldRecordsOfTheTopicAreNotStored) {
  Scene scene;
  for (std::uint64_t revision = 60; revision <= 75; ++revision) {
    scene.receive(numbered(1, revision));
    scene.pass(100ms);
  }
  EXPECT_THAT(scene.saves, IsEmpty());
  scene.catch_up();
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 75)));
}

TEST(AssignmentIntake, ATopicWhoseEndIsNeverAnnouncedIsBelievedAfterAWhile) {
  Scene scene;
  scene.pass(1min);  // The bus was away for the whole time.
  scene.receive(numbered(1, 1));
  scene.pass(AssignmentIntake::kFirstWait - 1ns);
  scene.receive(numbered(1, 2));
  EXPECT_THAT(scene.saves, IsEmpty());
  scene.pass(1ns);
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 2)));
}

TEST(AssignmentIntake, AStartWaitsForANewerAssignmentBeforeItCarriesOutTheStoredOne) {
  Scene scene(numbered(1, 1));
  EXPECT_EQ(scene.intake.applied(), number(1, 1));
  scene.pass(AssignmentIntake::kFirstWait - 1ns);
  EXPECT_FALSE(scene.intake.may_act());
  scene.pass(1ns);
  EXPECT_TRUE(scene.intake.may_act());
  EXPECT_EQ(scene.intake.next_deadline(), std::nullopt);
}

TEST(AssignmentIntake, AStartThatKnowsThereIsNothingNewerMayActAtOnce) {
  Scene scene(numbered(1, 1));
  scene.catch_up();
  EXPECT_TRUE(scene.intake.may_act());
}

TEST(AssignmentIntake, AStartWaitsWhileItReadsAndStoresSomethingNewer) {
  Scene scene(numbered(1, 1));
  scene.pass(AssignmentIntake::kFirstWait - 1ms);
  scene.receive(numbered(1, 2));
  scene.pass(2 * AssignmentIntake::kFirstWait - 1ns);
  EXPECT_THAT(scene.saves, ElementsAre(number(1, 2)));
  EXPECT_FALSE(scene.intake.may_act());
  scene.answer();
  EXPECT_TRUE(scene.intake.may_act());
}

TEST(AssignmentIntake, AStartThatIsStoringSomethingNewerAwaitsItEvenIfTheTopicWasRead) {
  Scene scene(numbered(1, 1));
  scene.receive(numbered(1, 2));
  scene.catch_up();
  EXPECT_FALSE(scene.intake.may_act());
  scene.answer();
  EXPECT_TRUE(scene.intake.may_act());
}

TEST(AssignmentIntake, AStartThatCannotStoreTheNewerOneMayFinallyActOnTheStoredOne) {
  Scene scene(numbered(1, 1));
  scene.receive(numbered(1, 2));
  scene.pass(AssignmentIntake::kFirstWait);
  scene.refuse_save();
  EXPECT_FALSE(scene.intake.may_act());
  scene.pass(AssignmentIntake::kFirstWait);
  EXPECT_TRUE(scene.intake.may_act());
  EXPECT_EQ(scene.intake.applied(), number(1, 1));
}

// Properties. -------------------------------------------------------------------------------------

/// Lets one arbitrary thing happen; returns the greatest number received so far.
void anything(Scene& scene, AssignmentNumber& greatest) {
  switch (*rc::gen::inRange(0, 5)) {
    case 0: {
      const Assignment one = numbered(*rc::gen::inRange(1U, 4U), *rc::gen::inRange(1U, 8U));
      greatest = std::max(greatest, one.number);
      return scene.receive(one);
    }
    case 1: return scene.catch_up();
    case 2: return scene.pass(std::chrono::milliseconds(*rc::gen::inRange(0, 4000)));
    case 3:
      if (!scene.unanswered.empty()) scene.answer();
      return;
    case 4:
      if (!scene.unanswered.empty()) scene.refuse_save();
      return;
  }
}

// Goal: whatever the order, the duplicates and the failures of the disk, a node never goes back to
// an older assignment, stores one at a time, and follows only what is on its disk.
RC_GTEST_PROP(AssignmentIntakeProperties, WhatIsInForceOnlyGrowsAndOneIsStoredAtATime, ()) {
  Scene scene;
  AssignmentNumber greatest;
  AssignmentNumber before;
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    anything(scene, greatest);
    RC_ASSERT(scene.intake.applied() >= before);
    before = scene.intake.applied();
    RC_ASSERT(scene.unanswered.size() <= 1U);
    RC_ASSERT(before == AssignmentNumber{} ||
              testing::Value(scene.saves, testing::Contains(before)));
  }
}

// Goal: once the disk works, the newest received assignment ends up in force.
RC_GTEST_PROP(AssignmentIntakeProperties, TheNewestIsInForceOnceTheDiskWorks, ()) {
  Scene scene;
  AssignmentNumber greatest;
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) anything(scene, greatest);
  for (int i = 0; i < 3; ++i) {
    scene.pass(AssignmentIntake::kFirstWait);
    while (!scene.unanswered.empty()) scene.answer();
  }
  RC_ASSERT(scene.intake.applied() == greatest);
  RC_ASSERT(scene.intake.next_deadline() == std::nullopt);
}

// Goal: a copy made from the saved state behaves like the original.
RC_GTEST_PROP(AssignmentIntakeProperties, ACopyOfItsStateBehavesLikeIt, ()) {
  Scene scene;
  AssignmentNumber greatest;
  const int length = *rc::gen::inRange(1, 60);
  for (int i = 0; i < length; ++i) {
    anything(scene, greatest);
    const AssignmentIntake copy(node(), scene.intake.save());
    RC_ASSERT(copy.save() == scene.intake.save());
    RC_ASSERT(copy.next_deadline() == scene.intake.next_deadline());
    scene.intake = copy;
  }
}

}  // namespace
}  // namespace hearth::core
