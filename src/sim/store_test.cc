#include "sim/store.h"

#include <gtest/gtest.h>

namespace hearth::sim {
namespace {

class SimStoreTest : public testing::Test {
 protected:
  static Node node(NodeState state) {
    return {.name = *NodeName::parse("node1"), .display_name = "", .agent = {}, .state = state};
  }
  NodeState state() const { return store.state().nodes().at(*NodeName::parse("node1")).state; }

  World world{1, {}};
  bool survives = true;
  SimStore store{world, {.on_commit = [this] { return survives; }, .on_committed = [] {}}};
};

TEST_F(SimStoreTest, KeepsWhatIsCommitted) {
  ASSERT_TRUE(store.commit({PutEpoch{{3}}, PutNode{node(NodeState::kLive)}}));
  EXPECT_EQ(store.load()->epoch, Epoch{3});
  EXPECT_EQ(state(), NodeState::kLive);
}

TEST_F(SimStoreTest, AFailedCommitIsSometimesDone) {
  store.set_fails(true);
  int done = 0;
  for (std::uint64_t epoch = 1; epoch <= 200; ++epoch) {
    EXPECT_FALSE(store.commit({PutEpoch{{epoch}}}));
    if (store.state().epoch() == Epoch{epoch}) ++done;
  }
  EXPECT_GT(done, 0);
  EXPECT_LT(done, 100);
}

TEST_F(SimStoreTest, ACrashBeforeACommitPreventsIt) {
  survives = false;
  EXPECT_FALSE(store.commit({PutEpoch{{3}}}));
  EXPECT_EQ(store.state().epoch(), Epoch{});
}

TEST_F(SimStoreTest, LosesTheLastCommitsThatOnlyRecordObservations) {
  ASSERT_TRUE(store.commit({PutEpoch{{3}}, PutNode{node(NodeState::kLive)}}));
  ASSERT_TRUE(store.commit({PutNode{node(NodeState::kSuspect)}}));
  ASSERT_TRUE(store.commit({PutNode{node(NodeState::kDead)}}));
  EXPECT_EQ(store.lose_last(1), 1U);
  EXPECT_EQ(state(), NodeState::kSuspect);
  EXPECT_EQ(store.lose_last(5), 1U) << "an epoch is not lost, nor a node that was new";
  EXPECT_EQ(state(), NodeState::kLive);
  EXPECT_EQ(store.state().epoch(), Epoch{3});
}

TEST_F(SimStoreTest, DoesNotLoseWhatAnAgentMightHaveReceived) {
  Instance instance{.id = {"app-1"}, .workload = *WorkloadName::parse("app"), .generation = {1}};
  ASSERT_TRUE(store.commit({PutInstance{instance}}));
  instance.node = *NodeName::parse("node1");
  ASSERT_TRUE(store.commit({PutInstance{instance}}));
  EXPECT_EQ(store.lose_last(1), 0U);
  instance.status.state = InstanceState::kRunning;
  ASSERT_TRUE(store.commit({PutInstance{instance}}));
  EXPECT_EQ(store.lose_last(1), 1U);
}

}  // namespace
}  // namespace hearth::sim
