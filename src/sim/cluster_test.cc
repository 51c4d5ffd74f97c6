// Goal: a fault without effect proves nothing. Method: inject each alone, and check its effect on
// the shells that ship.

#include "sim/cluster.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "sim/silent_log.h"

namespace hearth::sim {
namespace {

using namespace std::chrono_literals;

class ClusterTest : public testing::Test {
 protected:
  void start(ClusterShape shape = {}) {
    shape.cpu_millis = 1000;
    cluster.emplace(world, shape);
    cluster->start();
    cluster->the_operator().deploy(*WorkloadName::parse("app"), spec());
    EXPECT_TRUE(settles());
  }
  static WorkloadSpec spec() {
    return {.kind = WorkloadKind::kApplication,
            .instances = 2,
            .bundle = *Digest::parse("sha256:" + std::string(64, 'a')),
            .instance = {.container = {.resources = {.cpu_millis = 100, .memory_bytes = 0}}},
            .on_node_lost = NodeLossPolicy::kReplace};
  }
  void pass(Duration duration) { world.run_until(world.now() + duration); }
  bool settles() {
    for (int seconds = 0; seconds < 60; ++seconds) {
      pass(1s);
      if (cluster->unsettled().empty()) return true;
    }
    return false;
  }
  const ManagerShell& shell() { return cluster->manager().process().shell(); }
  SimMachine& node1() { return cluster->machine(*NodeName::parse("node1")); }
  Epoch epoch() { return cluster->stored().epoch(); }

  SilentLog silent_log;
  World world{1, {}};
  std::optional<Cluster> cluster;
};

TEST_F(ClusterTest, AHangingStoreFillsASmallInbox) {
  start({.inbox_max = 1});  // Little waits for each node.
  cluster->manager().hang_store();
  // A commit, without which nothing waits.
  node1().power_off();
  pass(6s);
  EXPECT_GT(shell().shell_counters().inbox_overflows, 0U);
  cluster->manager().let_store_go_on();
  EXPECT_TRUE(settles());
  EXPECT_FALSE(world.violation());
}

TEST_F(ClusterTest, AFailedCommitIsRetried) {
  start();
  cluster->manager().set_store_fails(true);
  node1().power_off();
  pass(3s);
  EXPECT_GT(shell().shell_counters().commits_failed, 1U);
  EXPECT_TRUE(shell().store_fault());
  cluster->manager().set_store_fails(false);
  EXPECT_TRUE(settles());
}

TEST_F(ClusterTest, AManagerGivesUpAStoreThatHangsForLongAndStartsAgain) {
  start();
  const Epoch before = epoch();
  cluster->manager().hang_store();
  node1().power_off();
  pass(40s);
  cluster->manager().let_store_go_on();
  EXPECT_TRUE(settles());
  EXPECT_GT(epoch(), before);
}

TEST_F(ClusterTest, APowerDriverWithoutRoomCostsNoAttempt) {
  start();
  cluster->set_power_faults({.busy = 1000});
  node1().power_off();
  pass(20s);
  const auto recovery = [this] {
    return cluster->manager().core().find_node(*NodeName::parse("node1"))->recovery;
  };
  EXPECT_EQ(recovery().phase, RecoveryPhase::kSwitchingOff);
  EXPECT_THAT(recovery().reason, testing::HasSubstr("waits for its turn"));
  cluster->set_power_faults({});
  EXPECT_TRUE(settles());
  EXPECT_EQ(recovery().attempt, 1U);
  EXPECT_FALSE(world.violation());
}

TEST_F(ClusterTest, ForeignRecordsAreCountedAndChangeNothing) {
  start();
  const std::uint64_t rejected = shell().shell_counters().payloads_rejected;
  cluster->write_foreign_records(*NodeName::parse("node1"));
  pass(1s);
  EXPECT_EQ(shell().shell_counters().payloads_rejected - rejected, 6U)
      << "three on the status topic, three on the canary topic";
  EXPECT_EQ(cluster->unsettled(), "");
}

TEST_F(ClusterTest, AgentsLearnTheAddressOfTheBus) {
  start({.broker = BrokerKind::kAsked});
  EXPECT_FALSE(world.violation());
}

TEST_F(ClusterTest, AgentsFollowABrokerThatEndedWithItsManager) {
  start({.broker = BrokerKind::kEmbedded});
  const std::string before = cluster->broker().address();
  cluster->manager().crash_for(2s);
  EXPECT_TRUE(settles());
  EXPECT_NE(cluster->broker().address(), before);
  EXPECT_TRUE(node1().agent().bus()->is_connected());
}

TEST_F(ClusterTest, AnAgentWithADamagedFileGetsItsAssignmentAgain) {
  start();
  node1().damage_at_power_off();
  node1().power_off();
  node1().power_on();
  EXPECT_TRUE(settles());
  EXPECT_FALSE(world.violation());
}

TEST_F(ClusterTest, AManagerWhoseDiskLostCommitsRecovers) {
  start();
  node1().power_off();
  pass(4s);
  const Epoch before = epoch();
  cluster->manager().crash_and_lose_commits(SimStore::kLostMax, 1s);
  EXPECT_TRUE(settles());
  EXPECT_GT(epoch(), before);
  EXPECT_FALSE(world.violation());
}

TEST_F(ClusterTest, LostTopicsAreCreatedAgain) {
  start();
  cluster->broker().lose_topics();
  EXPECT_FALSE(cluster->broker().carries());
  pass(5s);
  EXPECT_TRUE(cluster->broker().carries());
  EXPECT_GT(shell().shell_counters().topics_missing, 0U);
  EXPECT_EQ(cluster->unsettled(), "");
}

}  // namespace
}  // namespace hearth::sim
