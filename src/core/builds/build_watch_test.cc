#include "core/builds/build_watch.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hearth::core {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

constexpr MonoTime kStart{1h};
const WorkloadName kApp = *WorkloadName::parse("app");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");

Workload building(const NodeName& builder, std::uint64_t generation = 1) {
  Workload workload{.name = kApp, .phase = WorkloadPhase::kBuilding};
  workload.next = Release{.generation = {generation},
                          .spec = {.bundle = *Digest::parse("sha256:" + std::string(64, 'a'))},
                          .image = {}};
  workload.build_node = builder;
  return workload;
}

/// A build on node a, one second at a time.
struct Scene {
  void report(const std::string& reason, BuildState state = BuildState::kRunning) {
    was_overdue = watch.on_status(
        workload,
        {.workload = kApp, .generation = {1}, .state = state, .archive = {}, .reason = reason},
        now);
  }
  /// When the build becomes overdue, from now; nullopt: not within an hour.
  std::optional<Duration> overdue_after() {
    for (const MonoTime begin = now; now < begin + 1h; now += 1s) {
      const std::optional<MonoTime> due = watch.next_deadline();
      const bool is_overdue = watch.on_tick([this](const NodeName&) { return is_live; }, now);
      watch.check_invariants();
      if (!is_overdue) continue;
      EXPECT_EQ(due, now);
      return now - begin;
    }
    return std::nullopt;
  }

  BuildWatch watch;
  Workload workload = building(kA);
  MonoTime now = kStart;
  bool is_live = true;
  bool was_overdue = false;
};

TEST(BuildWatch, ABuildWhoseTriesFailIsOverdueAfterThePatienceAndItsNodeIsAvoided) {
  Scene scene;
  scene.report("no route to host");
  scene.now += 20s;
  scene.report("the port is filtered");
  EXPECT_EQ(scene.overdue_after(), BuildWatch::kPatienceMin - 20s) << "counted from the first";
  ASSERT_NE(scene.watch.overdue(kApp), nullptr);
  EXPECT_EQ(scene.watch.overdue(kApp)->reason, "the port is filtered");
  EXPECT_THAT(scene.watch.avoided(kApp), ElementsAre(Pair(kA, "the port is filtered")));
  EXPECT_EQ(scene.watch.next_deadline(), std::nullopt);
}

TEST(BuildWatch, ALongerPlacementDeadlineIsMorePatient) {
  Scene scene;
  scene.workload.next->spec.placement_deadline = 5min;
  scene.report("no route to host");
  EXPECT_EQ(scene.overdue_after(), 5min);
}

TEST(BuildWatch, ABuildThatTakesLongIsNotOverdue) {
  Scene scene;
  scene.report("no route to host");
  scene.now += 50s;
  scene.report("");
  EXPECT_EQ(scene.overdue_after(), std::nullopt);
}

TEST(BuildWatch, ATryThatGetsFurtherAfterAllEndsIt) {
  Scene scene;
  scene.report("no route to host");
  (void)scene.overdue_after();
  scene.report("");
  EXPECT_TRUE(scene.was_overdue);
  EXPECT_EQ(scene.watch.overdue(kApp), nullptr);
  scene.report("");
  EXPECT_FALSE(scene.was_overdue);
}

// Goal: what a node does that is not live is not known, so nothing is concluded of it.
TEST(BuildWatch, ABuilderThatIsNotLiveIsWaitedFor) {
  Scene scene;
  scene.report("no route to host");
  scene.is_live = false;
  EXPECT_EQ(scene.overdue_after(), std::nullopt);
  scene.is_live = true;
  const std::optional<Duration> after = scene.overdue_after();
  ASSERT_TRUE(after);
  EXPECT_LE(*after, BuildWatch::kLookAgain);
}

TEST(BuildWatch, TimeInWhichTheBuilderCouldNotReportDoesNotCount) {
  Scene scene;
  scene.report("no route to host");
  scene.now += 5min;
  scene.watch.on_stall(5min, scene.now);
  EXPECT_EQ(scene.overdue_after(), BuildWatch::kPatienceMin);

  Scene other;
  other.report("no route to host");
  other.now += 5min;
  other.watch.on_bus_restored(other.now);
  EXPECT_EQ(other.overdue_after(), BuildWatch::kLookAgain);
}

TEST(BuildWatch, ANodeIsAvoidedForAsLongAsTheReleaseIsBuilt) {
  Scene scene;
  scene.report("no route to host");
  (void)scene.overdue_after();
  scene.watch.follow(building(kB));
  EXPECT_EQ(scene.watch.overdue(kApp), nullptr) << "another node builds";
  EXPECT_THAT(scene.watch.avoided(kApp), ElementsAre(Pair(kA, "no route to host")));
  scene.watch.follow(building(kB, 2));
  EXPECT_THAT(scene.watch.avoided(kApp), IsEmpty()) << "another release may fare better";
  EXPECT_EQ(scene.watch.save(), BuildWatch::State{});

  (void)scene.watch.on_status(building(kB), {.workload = kApp, .generation = {1}, .reason = "x"},
                              scene.now);
  Workload failed = building(kB);
  failed.phase = WorkloadPhase::kFailed;
  failed.build_node.reset();
  scene.watch.follow(failed);
  EXPECT_EQ(scene.watch.save(), BuildWatch::State{});
}

}  // namespace
}  // namespace hearth::core
