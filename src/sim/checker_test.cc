// Goal: a checker that cannot fail proves nothing. Method: each promise is broken on purpose.

#include "sim/checker.h"

#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

using core::ManagerBatch;
using std::chrono::seconds;

const NodeName kNode = *NodeName::parse("node1");
const WorkloadName kApp = *WorkloadName::parse("app");
const Digest kBundle = *Digest::parse("sha256:" + std::string(64, 'a'));

class CheckerTest : public testing::Test {
 protected:
  CheckerTest() { checker_.begin({kNode}); }

  void pass(Duration duration) { world_.run_until(world_.now() + duration); }
  std::string broken() const { return world_.violation() ? world_.violation()->property : ""; }

  static Node node(NodeState state) {
    return {.name = kNode, .display_name = "", .agent = {}, .state = state};
  }
  static Instance instance(InstanceDesire desire) {
    Instance instance{.id = {"app-1"}, .workload = kApp, .generation = {1}, .node = kNode};
    instance.desire = desire;
    return instance;
  }
  static core::PublishAssignment assignment(std::uint64_t epoch, std::uint64_t revision,
                                            std::vector<AssignedInstance> instances = {}) {
    return {Assignment{.node = kNode,
                       .number = {{epoch}, {revision}},
                       .heartbeat_interval = {},
                       .instances = std::move(instances),
                       .images = {},
                       .builds = {}}};
  }
  static Heartbeat applied(std::uint64_t revision) {
    Heartbeat heartbeat;
    heartbeat.applied = {{1}, {revision}};
    return heartbeat;
  }

  bool well_ = true;
  bool carries_ = true;
  std::set<InstanceId> doubled_;
  World world_{1, {}};
  SimStore store_;
  Checker checker_{world_,
                   store_,
                   {.is_well = [this](const NodeName&) { return well_; },
                    .bus_carries = [this] { return carries_; },
                    .manager_works = [] { return true; },
                    .doubled = [this](const NodeName&) { return doubled_; }}};
};

TEST_F(CheckerTest, KnowsAWellNodeThatIsJudgedDead) {
  pass(seconds(5));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "dead-though-well");
}

TEST_F(CheckerTest, AllowsADeadNodeToBeJudgedDead) {
  well_ = false;
  pass(seconds(5));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kDead)}}, .actions = {}});
  EXPECT_EQ(broken(), "");
}

TEST_F(CheckerTest, KnowsAVerdictOfTheBlind) {
  well_ = carries_ = false;
  pass(seconds(3));
  checker_.on_batch({.writes = {PutNode{node(NodeState::kSuspect)}}, .actions = {}});
  EXPECT_EQ(broken(), "blind-judges-nobody");
}

TEST_F(CheckerTest, KnowsAPowerSwitchThatIsNotStored) {
  well_ = false;
  store_.commit({PutNode{node(NodeState::kDead)}});
  checker_.on_action(core::SwitchPower{kNode, PowerVerb::kOff, 1});
  EXPECT_EQ(broken(), "power-off-only-dead");
}

TEST_F(CheckerTest, KnowsAPowerSwitchOfAWellNode) {
  Node dead = node(NodeState::kDead);
  dead.recovery = {.phase = RecoveryPhase::kSwitchingOff, .attempt = 1, .reason = ""};
  store_.commit({PutNode{dead}});
  pass(seconds(10));
  checker_.on_action(core::SwitchPower{kNode, PowerVerb::kOff, 1});
  EXPECT_EQ(broken(), "power-off-only-dead");
}

TEST_F(CheckerTest, KnowsAnAssignmentThatTheStoreDoesNotKnow) {
  store_.commit({PutEpoch{{1}}, PutInstance{instance(InstanceDesire::kStop)}});
  checker_.on_action(assignment(1, 1,
                                {{.id = {"app-1"},
                                  .workload = kApp,
                                  .generation = {1},
                                  .desire = InstanceDesire::kRun,
                                  .image = {},
                                  .container = {}}}));
  EXPECT_EQ(broken(), "stored-before-told");
}

TEST_F(CheckerTest, KnowsAWishThatGoesBack) {
  store_.commit({PutEpoch{{1}}});
  checker_.on_action(assignment(1, 2));
  checker_.on_action(assignment(1, 1));
  EXPECT_EQ(broken(), "wish-goes-forward");
}

TEST_F(CheckerTest, KnowsAnEpochThatIsNotStored) {
  store_.commit({PutEpoch{{1}}});
  checker_.on_action(assignment(2, 1));
  EXPECT_EQ(broken(), "wish-goes-forward");
}

TEST_F(CheckerTest, KnowsAnAgentThatFallsBack) {
  checker_.on_status(kNode, applied(2));
  checker_.on_status(kNode, applied(1));
  EXPECT_EQ(broken(), "wish-goes-forward");
}

TEST_F(CheckerTest, KnowsASecondContainerThatStays) {
  doubled_ = {InstanceId{"app-1"}};
  pass(seconds(2));
  EXPECT_EQ(broken(), "");
  pass(seconds(3));
  EXPECT_EQ(broken(), "one-container");
}

TEST_F(CheckerTest, KnowsAStopOfWhatIsWanted) {
  const Assignment newest = assignment(1, 1,
                                       {{.id = {"app-1"},
                                         .workload = kApp,
                                         .generation = {1},
                                         .desire = InstanceDesire::kRun,
                                         .image = {},
                                         .container = {}}})
                                .assignment;
  checker_.on_last_stopped(newest, {"app-2"});
  EXPECT_EQ(broken(), "");
  checker_.on_last_stopped(newest, {"app-1"});
  EXPECT_EQ(broken(), "spares-the-wanted");
}

TEST_F(CheckerTest, KnowsABuildThatIsDoneTwice) {
  const BuildOrder order{
      .workload = kApp, .generation = {1}, .bundle = kBundle, .reference = "hearth/app:a"};
  checker_.on_build_begins(kNode, order);
  checker_.excuse_builds();
  checker_.on_build_begins(kNode, order);
  EXPECT_EQ(broken(), "");
  checker_.on_build_begins(kNode, order);
  EXPECT_EQ(broken(), "built-once");
}

TEST_F(CheckerTest, KnowsAnInstanceIdThatIsUsedAgain) {
  const PutInstance put{instance(InstanceDesire::kRun)};
  checker_.on_batch({.writes = {put}, .actions = {}});
  store_.commit({put});
  checker_.on_batch({.writes = {put}, .actions = {}});
  EXPECT_EQ(broken(), "");
  checker_.on_batch({.writes = {DeleteInstance{{"app-1"}}}, .actions = {}});
  store_.commit({DeleteInstance{{"app-1"}}});
  checker_.on_batch({.writes = {put}, .actions = {}});
  EXPECT_EQ(broken(), "instance-ids-are-new");
}

TEST_F(CheckerTest, KnowsWhoIsNotQuiet) {
  checker_.expect_quiet(true);
  checker_.on_batch({.writes = {PutEpoch{{2}}}, .actions = {}});
  EXPECT_EQ(broken(), "quiet");
}

}  // namespace
}  // namespace hearth::sim
