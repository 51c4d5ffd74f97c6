#include "core/builds/build_board.h"

#include <array>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace hearth::core {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

constexpr Epoch kEpoch{1};
const WorkloadName kApp = *WorkloadName::parse("app");
const WorkloadName kOther = *WorkloadName::parse("other");
const NodeName kA = *NodeName::parse("a");
const NodeName kB = *NodeName::parse("b");

Workload building(const WorkloadName& name, std::optional<NodeName> builder = std::nullopt) {
  const Digest bundle = *Digest::parse("sha256:" + std::string(64, 'a'));
  Workload workload{.name = name, .phase = WorkloadPhase::kBuilding};
  workload.next = Release{.generation = {1}, .spec = {.bundle = bundle}, .image = {}};
  workload.build_node = std::move(builder);
  return workload;
}

Workload built(const WorkloadName& name) {
  Workload workload = building(name);
  workload.phase = WorkloadPhase::kDeployed;
  return workload;
}

NodeView view_of(NodeState state, std::string problem = "") {
  return {.state = state, .has_report = true, .problem = std::move(problem)};
}

// The board. --------------------------------------------------------------------------------------

TEST(BuildBoard, ListsEachBuildAndItsBuilder) {
  BuildBoard board;
  EXPECT_FALSE(board.follow(building(kApp))) << "it waits for a builder";
  EXPECT_THAT(board.building(), ElementsAre(kApp));
  EXPECT_THAT(board.orders_of(kA), IsEmpty());
  (void)board.follow(building(kApp, kA));
  (void)board.follow(building(kOther, kA));
  EXPECT_THAT(board.orders_of(kA), ElementsAre(kApp, kOther));
  (void)board.follow(built(kApp));
  EXPECT_THAT(board.building(), ElementsAre(kOther));
  EXPECT_THAT(board.orders_of(kA), ElementsAre(kOther));
}

TEST(BuildBoard, ReportsAChangeOfBuilderOnceWithBothNodes) {
  BuildBoard board;
  const std::optional<BuilderChange> found = board.follow(building(kApp, kA));
  ASSERT_TRUE(found);
  EXPECT_EQ(found->before, std::nullopt);
  EXPECT_EQ(found->after, kA);
  EXPECT_FALSE(board.follow(building(kApp, kA))) << "already known";

  const std::optional<BuilderChange> moved = board.follow(building(kApp, kB));
  ASSERT_TRUE(moved);
  EXPECT_EQ(moved->before, kA);
  EXPECT_EQ(moved->after, kB);

  const std::optional<BuilderChange> over = board.follow(built(kApp));
  ASSERT_TRUE(over);
  EXPECT_EQ(over->before, kB);
  EXPECT_EQ(over->after, std::nullopt);
  EXPECT_EQ(board, BuildBoard{}) << "nothing is left of it";
}

// Choice of the builder. --------------------------------------------------------------------------

/// Two nodes that can build.
struct Scene {
  Scene() {
    for (const NodeName& name : {kA, kB}) {
      capacity.add_node(name);
      set(name, view_of(NodeState::kLive));
    }
  }
  void set(const NodeName& node, const NodeView& view) {
    (void)capacity.set_eligibility(node, Eligibility(view, kEpoch));
    states.insert_or_assign(node, view.state);
  }
  BuildPlan plan(const std::optional<NodeName>& builder = std::nullopt,
                 bool given_up = false) const {
    std::optional<BuilderView> view;
    if (builder) {
      view = BuilderView{.state = states.at(*builder),
                         .given_up = given_up,
                         .eligibility = capacity.eligibility(*builder)};
    }
    return plan_build(building(kApp, builder), view, tries, capacity);
  }

  CapacityTable capacity;
  BuildTries tries;
  std::map<NodeName, NodeState> states;
};

TEST(PlanBuild, FindsANodeForABuildWithoutOneAndGivesTheReasonIfThereIsNone) {
  Scene scene;
  EXPECT_EQ(scene.plan().builder, kA);
  EXPECT_THAT(scene.plan().reason, IsEmpty());
  for (const NodeName& name : {kA, kB}) scene.set(name, view_of(NodeState::kAwaited));
  EXPECT_EQ(scene.plan().builder, std::nullopt);
  EXPECT_THAT(scene.plan().reason, HasSubstr("2 nodes awaited (no heartbeat yet)"));
}

TEST(PlanBuild, ABuilderThatIsWellKeepsItsBuild) {
  Scene scene;
  EXPECT_EQ(scene.plan(kB).builder, kB) << "though 'a' would be chosen";
}

TEST(PlanBuild, ABuildMovesWhenItsNodeDies) {
  Scene scene;
  scene.set(kA, view_of(NodeState::kDead));
  EXPECT_EQ(scene.plan(kA).builder, kB);
  scene.set(kB, view_of(NodeState::kDead));
  const BuildPlan nowhere = scene.plan(kA);
  EXPECT_EQ(nowhere.builder, std::nullopt) << "a dead node does not build";
  EXPECT_THAT(nowhere.reason, HasSubstr("its builder 'a' is dead, and "));
}

// Goal: a build does not wait forever for a node that is live but cannot build, nor does it leave a
// node that may still succeed.
TEST(PlanBuild, ABuildMovesFromANodeThatIsGivenUpAndStaysIfThereIsNoOther) {
  Scene scene;
  scene.set(kA, view_of(NodeState::kLive, "the container runtime does not answer"));
  EXPECT_EQ(scene.plan(kA).builder, kA) << "a runtime may restart";
  EXPECT_EQ(scene.plan(kA, true).builder, kB);
  scene.set(kB, view_of(NodeState::kDead));
  const BuildPlan stays = scene.plan(kA, true);
  EXPECT_EQ(stays.builder, kA);
  EXPECT_THAT(
      stays.reason,
      HasSubstr("its builder 'a' is in trouble: the container runtime does not answer, and "));
}

TEST(PlanBuild, ABuilderThatMayComeBackGetsItsTime) {
  Scene scene;
  for (const NodeState state : {NodeState::kSuspect, NodeState::kAgentDown, NodeState::kAwaited}) {
    scene.set(kA, view_of(state));
    EXPECT_EQ(scene.plan(kA, true).builder, kA) << name_of(state);
  }
  scene.set(kA, view_of(NodeState::kUnreachable));
  EXPECT_EQ(scene.plan(kA).builder, kA);
  EXPECT_EQ(scene.plan(kA, true).builder, kB) << "it cannot be sent the order";
}

TEST(PlanBuild, ABuilderThatIsOnlyShortOfAResourceContinues) {
  Scene scene;
  NodeView full = view_of(NodeState::kLive);
  full.load.disk = 1000;
  scene.set(kA, full);
  EXPECT_EQ(scene.plan(kA, true).builder, kA);
}

// Goal: a builder that cannot reach the manager's port is live and eligible, and yet builds
// nothing.
TEST(PlanBuild, ABuildMovesFromABuilderThatFailsToANodeThatHasNot) {
  Scene scene;
  scene.tries = {.builder_fails = "10.0.0.1:7700 does not answer", .avoided = {kA}};
  EXPECT_EQ(scene.plan(kA).builder, kB);
  scene.set(kB, view_of(NodeState::kDead));
  EXPECT_EQ(scene.plan(kA).builder, kA) << "there is no other";
  EXPECT_THAT(scene.plan(kA).reason,
              HasSubstr("its builder 'a' cannot build it: 10.0.0.1:7700 does not answer, and "));
}

TEST(PlanBuild, ANodeThatFailedToBuildIsBetterThanNone) {
  Scene scene;
  scene.tries = {.avoided = {kA}};
  EXPECT_EQ(scene.plan().builder, kB);
  scene.set(kB, view_of(NodeState::kDead));
  EXPECT_EQ(scene.plan(kB).builder, kA);
}

// Reports of a builder. ---------------------------------------------------------------------------

TEST(OrderedBuild, MatchesOnlyItsBuilderAndItsGeneration) {
  const Workload workload = building(kApp, kA);
  const BuildStatus build{.workload = kApp, .generation = {1}};
  EXPECT_TRUE(is_ordered(build, kA, &workload));
  EXPECT_FALSE(is_ordered(build, kB, &workload)) << "another node was assigned the build";
  EXPECT_FALSE(is_ordered({.workload = kApp, .generation = {2}}, kA, &workload));
  EXPECT_FALSE(is_ordered(build, kA, nullptr)) << "it is gone";
  const Workload over = built(kApp);
  EXPECT_FALSE(is_ordered(build, kA, &over));
}

// Goal: two builds of one order have different bits, so each has a name of its own; but no agent
// can name an image after another workload.
TEST(OrderedBuild, ItsImageHasTheNameTheBuilderReportsIfThatFitsTheOrder) {
  const Workload workload = building(kApp, kA);
  const std::string ordered = image_reference(kApp, workload.latest(), kA);
  const auto called = [&](const std::string& reference) {
    const BuildStatus build{.workload = kApp, .generation = {1}, .reference = reference};
    return image_of(build, workload).reference;
  };
  EXPECT_EQ(called(ordered + "-7"), ordered + "-7");
  EXPECT_EQ(called("hearth/other:1"), ordered);
  EXPECT_EQ(called(""), ordered);
}

// Goal: whatever happens to workloads in whatever order, the board agrees with them, and so does a
// board built from scratch; each change of a builder is reported once.
RC_GTEST_PROP(BuildBoardProperties, TheBoardAgreesWithTheWorkloads, ()) {
  BuildBoard board;
  std::map<WorkloadName, Workload> workloads;
  std::map<NodeName, int> reported;
  const int length = *rc::gen::inRange(1, 40);
  for (int i = 0; i < length; ++i) {
    const WorkloadName name = *rc::gen::element(kApp, kOther);
    const std::array changes{built(name), building(name), building(name, kA), building(name, kB)};
    const Workload& workload = changes.at(*rc::gen::inRange<std::size_t>(0, changes.size()));
    workloads.insert_or_assign(name, workload);
    if (const std::optional<BuilderChange> change = board.follow(workload)) {
      if (change->before) --reported[*change->before];
      if (change->after) ++reported[*change->after];
    }
    BuildBoard anew;
    std::map<NodeName, int> orders;
    for (const auto& [one, state] : workloads) {
      (void)anew.follow(state);
      const bool builds = state.phase == WorkloadPhase::kBuilding;
      RC_ASSERT(board.building().contains(one) == builds);
      if (state.build_node) {
        ++orders[*state.build_node];
        RC_ASSERT(board.orders_of(*state.build_node).contains(one));
      }
    }
    RC_ASSERT(anew == board);
    for (const NodeName& node : {kA, kB}) {
      RC_ASSERT(static_cast<int>(board.orders_of(node).size()) == orders[node]);
      RC_ASSERT(reported[node] == orders[node]);
    }
  }
}

}  // namespace
}  // namespace hearth::core
