// How ends change the status: core/instance_slot tests them with containers.

#include "core/instance_record/instance_record.h"

#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;

constexpr MonoTime kNow(1h);
constexpr ContainerExit kCrash{.code = 1};
constexpr ContainerExit kTerminated{.code = 143};
const ContainerId kContainer{"c1"};

struct Fixture {
  Prng prng{7};
  InstanceRecord record{RestartSettings{}};
  void crash() { record.on_exited(kContainer, kCrash, RestartPolicy::kAlways, kNow, prng); }
};

TEST(InstanceRecord, OnlyAnExitThatIsFinalFinishesTheInstance) {
  Fixture it;
  it.record.on_exited(kContainer, kCrash, std::nullopt, kNow, it.prng);
  EXPECT_FALSE(it.record.is_finished()) << "it is not assigned";
  EXPECT_EQ(it.record.status().restarts, 1U);
  it.record.on_exited(kContainer, kCrash, RestartPolicy::kNever, kNow, it.prng);
  EXPECT_TRUE(it.record.is_finished());
  EXPECT_EQ(it.record.status().restarts, 1U);
}

TEST(InstanceRecord, AnExitBySignalIsAFailureOnceTheRuntimeHasOutlivedIt) {
  Fixture it;
  it.record.on_exited(kContainer, kTerminated, RestartPolicy::kAlways, kNow, it.prng);
  EXPECT_EQ(it.record.status().failures, 0U);
  EXPECT_EQ(it.record.next_deadline(kNow), kNow + DoubtfulEnds::kRuntimeEndMax);
  it.record.settle(kNow + DoubtfulEnds::kRuntimeEndMax);
  EXPECT_EQ(it.record.status().failures, 1U);
  EXPECT_EQ(it.record.status().failed_container, kContainer);
}

// Goal: whoever asks for the last words of what failed does not get those of another container.
TEST(InstanceRecord, ARestartNamesTheContainerThatFailedAndForgetsTheExitOfAnother) {
  Fixture it;
  const ContainerId other{"other"};
  it.crash();
  EXPECT_EQ(it.record.status().failed_container, kContainer);
  ASSERT_TRUE(it.record.status().last_exit);
  it.record.on_restarted(other, "rule 'fatal' fired", kNow, it.prng);
  EXPECT_EQ(it.record.status().failed_container, other);
  EXPECT_EQ(it.record.status().last_exit, std::nullopt);
}

TEST(InstanceRecord, ARuntimeThatEndsTakesBackTheWaitForTheEndsJustBefore) {
  Fixture it;
  it.crash();
  const MonoTime next_start = it.record.next_start();
  it.record.on_exited(kContainer, kTerminated, RestartPolicy::kAlways, kNow, it.prng);
  EXPECT_GT(it.record.next_start(), next_start);
  it.record.on_runtime_lost(kNow + 1s);
  EXPECT_EQ(it.record.next_start(), next_start);
}

TEST(InstanceRecord, AnUnseenExitBySignalCausesNoWait) {
  Fixture it;
  it.crash();
  it.record.on_unseen_exit(kContainer, kTerminated, RestartPolicy::kAlways, kNow, it.prng);
  EXPECT_LE(it.record.next_start(), kNow);
  it.record.on_unseen_exit(kContainer, std::nullopt, RestartPolicy::kAlways, kNow, it.prng);
  EXPECT_GT(it.record.next_start(), kNow);
}

TEST(InstanceRecord, WhatCannotStartIsAFailureOfItsNodeUntilItRuns) {
  Fixture it;
  it.record.on_start_failed("no room", kNow, it.prng);
  EXPECT_TRUE(it.record.status().cannot_start);
  EXPECT_EQ(it.record.status().failures, 0U);
  it.record.transition_to_waiting();
  EXPECT_EQ(it.record.status().reason, "no room");
  it.record.transition_to_running({.health = Health::kStarting, .reason = "not ready"});
  EXPECT_FALSE(it.record.status().cannot_start);
  EXPECT_EQ(it.record.status().health_reason, "not ready");
  it.record.transition_to_starting();
  EXPECT_EQ(it.record.status().health, Health::kUnknown);
}

TEST(InstanceRecord, WhatIsRecalledMeansNothingForAnotherGeneration) {
  Fixture it;
  it.record.recall({.generation = {1}, .ended = kContainer, .finished = true});
  it.record.on_assigned({1});
  EXPECT_TRUE(it.record.is_finished());
  EXPECT_TRUE(it.record.knew_end_of(kContainer));
  it.record.on_assigned({2});
  EXPECT_FALSE(it.record.is_finished());
  EXPECT_FALSE(it.record.knew_end_of(kContainer));
}

TEST(InstanceRecord, ItsStateOutlastsASave) {
  Fixture it;
  it.crash();
  it.crash();
  const InstanceRecord restored(RestartSettings{}, it.record.save());
  EXPECT_EQ(restored.save(), it.record.save());
  EXPECT_EQ(restored.next_start(), it.record.next_start());
}

}  // namespace
}  // namespace hearth::core
