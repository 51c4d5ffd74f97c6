#include "core/rollout/start_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;
using namespace std::chrono_literals;

const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
constexpr Duration kDeadline = 1min;

struct Scene {
  Scene() { instance.status.state = InstanceState::kFetching; }

  void report(InstanceState state, bool cannot_start, const std::string& reason = {}) {
    const Instance before = instance;
    instance.status = {.state = state, .cannot_start = cannot_start, .reason = reason};
    watch.follow(&before, &instance, kDeadline, now);
    watch.check_invariants();
  }
  std::set<WorkloadName> tick() {
    std::set<WorkloadName> overdue =
        watch.on_tick([this](const NodeName&) { return is_live; }, now);
    watch.check_invariants();
    EXPECT_EQ(StartWatch(watch.save()).next_deadline(), watch.next_deadline());
    return overdue;
  }
  std::set<WorkloadName> pass(Duration duration) {
    now += duration;
    return tick();
  }

  StartWatch watch;
  MonoTime now{1h};
  bool is_live = true;
  Instance instance{
      .id = make_instance_id(kApp, 1), .workload = kApp, .generation = {2}, .node = kA};
};

TEST(StartWatch, AnInstanceThatItsNodeFailsToStartIsOverdueAfterTheDeadline) {
  Scene scene;
  scene.report(InstanceState::kFetching, true, "the manager cannot be reached");
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + kDeadline);
  EXPECT_THAT(scene.pass(kDeadline - 1ns), IsEmpty());
  EXPECT_FALSE(scene.watch.is_overdue(scene.instance.id));
  EXPECT_THAT(scene.pass(1ns), ElementsAre(kApp));
  EXPECT_TRUE(scene.watch.is_overdue(scene.instance.id));
  EXPECT_THAT(scene.watch.avoided(kApp, {2}),
              ElementsAre(Pair(kA, "the manager cannot be reached")));
  EXPECT_THAT(scene.watch.avoided(kApp, {3}), IsEmpty()) << "another release may do better";
  EXPECT_THAT(scene.tick(), IsEmpty()) << "once";
}

TEST(StartWatch, ASilentFetchCountsFromItsBeginning) {
  Scene scene;
  const MonoTime begun = scene.now;
  scene.report(InstanceState::kFetching, false);
  scene.now += StartWatch::kFetchSilence;
  scene.report(InstanceState::kFetching, true, "no answer");
  EXPECT_EQ(scene.watch.next_deadline(), begun + kDeadline);
}

TEST(StartWatch, OfALongFetchOnlyItsSilenceCounts) {
  Scene scene;
  scene.report(InstanceState::kFetching, false);
  scene.now += 20min;
  scene.report(InstanceState::kFetching, true, "no answer");
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + kDeadline - StartWatch::kFetchSilence);
}

TEST(StartWatch, TheNodeIsAvoidedForATime) {
  Scene scene;
  scene.report(InstanceState::kStarting, true);
  (void)scene.pass(kDeadline);
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + StartWatch::kAvoidedFor);
  (void)scene.pass(StartWatch::kAvoidedFor);
  EXPECT_THAT(scene.watch.avoided(kApp, {2}), IsEmpty());
  EXPECT_TRUE(scene.watch.is_overdue(scene.instance.id)) << "still";
  EXPECT_EQ(scene.watch.next_deadline(), std::nullopt);
}

TEST(StartWatch, AnImageThatTakesLongIsNoFailure) {
  Scene scene;
  scene.report(InstanceState::kFetching, false);
  EXPECT_EQ(scene.watch.next_deadline(), std::nullopt);
}

TEST(StartWatch, ANodeThatReportsNothingFails) {
  Scene scene;
  scene.report(InstanceState::kAssigned, false);
  EXPECT_THAT(scene.pass(kDeadline), ElementsAre(kApp));
}

TEST(StartWatch, OneThatRunsAfterAllIsForgotten) {
  Scene scene;
  scene.report(InstanceState::kStarting, true);
  (void)scene.pass(kDeadline);
  scene.report(InstanceState::kRunning, false);
  EXPECT_FALSE(scene.watch.is_overdue(scene.instance.id));
  scene.report(InstanceState::kStarting, true);
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + kDeadline) << "counted anew";
  scene.watch.follow(&scene.instance, nullptr, kDeadline, scene.now);
  EXPECT_TRUE(scene.watch.save().failing.empty());
}

TEST(StartWatch, ANodeThatIsNotLiveIsNotBlamed) {
  Scene scene;
  scene.report(InstanceState::kStarting, true);
  scene.is_live = false;
  EXPECT_THAT(scene.pass(kDeadline), IsEmpty());
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + StartWatch::kLookAgain);
  scene.is_live = true;
  EXPECT_THAT(scene.pass(StartWatch::kLookAgain), ElementsAre(kApp));
}

TEST(StartWatch, TimeInWhichNoReportArrivesDoesNotCount) {
  Scene scene;
  scene.report(InstanceState::kStarting, true);
  scene.watch.on_stall(10s, scene.now);
  EXPECT_EQ(scene.watch.next_deadline(), scene.now + kDeadline + 10s);
  scene.now += kDeadline + 10s;
  scene.watch.on_bus_restored(scene.now);
  EXPECT_THAT(scene.tick(), IsEmpty());
  EXPECT_THAT(scene.pass(StartWatch::kLookAgain), ElementsAre(kApp));
}

}  // namespace
}  // namespace hearth::core
